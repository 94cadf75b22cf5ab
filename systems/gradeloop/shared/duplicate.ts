import { alreadyExists, isParleyError } from "parleyjs";

/** Says in words what the one unique index of a table can mean. */
export async function refuseDuplicate<T>(message: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isParleyError(error) && error.code === "ALREADY_EXISTS") throw alreadyExists(message, { cause: error });
    throw error;
  }
}
