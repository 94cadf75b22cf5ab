import { currentContext, permissionDenied, unauthenticated } from "parleyjs";

export type Role = "student" | "instructor" | "admin";

/** The user for whom a call is made. */
export interface User {
  readonly id: string;
  is(role: Role): boolean;
}

/**
 * The user for whom the running call is made; undefined where a service works on its own behalf, such as on a job. That
 * the token and the service are genuine has been checked before any handler runs.
 */
export function callingUser(): User | undefined {
  const principal = currentContext()?.principal;
  return principal && { id: principal.subject, is: (role) => principal.roles.includes(role) };
}

/** @throws ParleyError UNAUTHENTICATED if a service calls on its own behalf what only a user can ask for. */
export function signedInUser(): User {
  const user = callingUser();
  if (!user) throw unauthenticated("this is for users: a token is needed");
  return user;
}

/**
 * Whose view is asked for: the caller's own unless another is named, which services and admins may. Undefined is the
 * view of a service, which sees all.
 */
export function viewerId(named: string): string | undefined {
  const user = callingUser();
  if (named === "" || named === user?.id) return user?.id;
  if (user && !user.is("admin")) throw permissionDenied("only an admin may ask for another user");
  return named;
}
