/**
 * Loaded into a process before anything else: its disk is full for as long as the file that FULL_DISK names exists. A write that
 * would make a file longer fails with ENOSPC; one within a file works, as on a real disk, and so does reading.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const flag = process.env.FULL_DISK ?? "";
const { writeSync } = fs;

fs.writeSync = ((fd: number, data: NodeJS.ArrayBufferView, offset?: number, length?: number, position?: number) => {
  // Only what says where it writes: the files of a database, and not the output of the process.
  if (
    typeof position === "number" &&
    position + (length ?? data.byteLength) > fs.fstatSync(fd).size &&
    fs.existsSync(flag)
  ) {
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
      errno: -28,
      syscall: "write",
    });
  }
  return writeSync(fd, data, offset, length, position);
}) as typeof fs.writeSync;
syncBuiltinESMExports();
