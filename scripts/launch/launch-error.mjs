/** What the launcher shows without a stack: the reader can act on the message alone. */
export class LaunchError extends Error {
  /** @override */
  name = "LaunchError";
  /** @param {string} message @param {number} [exitCode] 1 when something failed, 2 when the command was wrong */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Says one line about a long step. On stderr, so that stdout stays the command's own. @param {string} line */
export function say(line) {
  process.stderr.write(`parley: ${line}\n`);
}
