/** PostgreSQL's code for a database that does not exist (invalid_catalog_name). */
const INVALID_CATALOG_NAME = "3D000";

/** True for the failure to open a database that is not there, on a server that is. */
export function isMissingDatabase(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && at.code === INVALID_CATALOG_NAME) return true;
  }
  return false;
}
