import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What is in use once everything that can be freed has been. */
export async function liveBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve)); // finalizers run between turns
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
