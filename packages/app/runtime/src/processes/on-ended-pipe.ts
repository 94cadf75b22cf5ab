/**
 * Calls `end` once, when what this process prints has lost its reader, as in `parley dev --help | head -1`. What else goes wrong with
 * the output stays an error.
 */
export function onEndedPipe(end: () => void): void {
  let ended = false;
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== "EPIPE") throw error;
    if (ended) return;
    ended = true;
    end();
  };
  process.stdout.on("error", onError);
  process.stderr.on("error", onError);
}
