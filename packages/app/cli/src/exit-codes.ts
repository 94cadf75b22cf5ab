/** What the exit code of every command says. Scripts rely on these; they do not change. */
export const EXIT = {
  /** Done; or a check found nothing. */
  ok: 0,
  /** It failed; or a check found something, or the database is behind. */
  failed: 1,
  /** The command line is wrong: an unknown command or flag, a value that does not parse. Nothing was done. */
  usage: 2,
} as const;
