/** For `node --import`: writes the packages whose modules this process has loaded when it is told to stop, to the file LOADED_FILE. */
import { writeFileSync } from "node:fs";
import { isBuiltin, registerHooks } from "node:module";

const loaded = new Set();

registerHooks({
  load(url, context, next) {
    if (!isBuiltin(url)) loaded.add(url);
    return next(url, context);
  },
});

process.on("exit", () => {
  writeFileSync(process.env.LOADED_FILE ?? "", JSON.stringify([...loaded]));
});
