/** The command line cannot be obeyed as it is written; nothing was done. Ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
