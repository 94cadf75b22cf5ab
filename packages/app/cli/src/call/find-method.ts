import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { didYouMean } from "parleyjs/internal";
import { UsageError } from "../usage-error.ts";

/**
 * The method that a person means: `users.v1.UserService/GetUser`, or shorter where it is clear: `UserService/GetUser`.
 * The forms `/users.v1.UserService/GetUser` and `users.v1.UserService.GetUser` are understood too.
 *
 * @throws UsageError that names the nearest, or all that could be meant.
 */
export function findMethod(services: readonly DescService[], written: string): DescMethod {
  const [serviceName, methodName] = split(written);
  const methods = services.flatMap((service) => service.methods);
  const found = methods.filter(({ parent, name }) => name === methodName && isMeant(parent.typeName, serviceName));
  const [method] = found;
  if (method && found.length === 1) return method;
  if (found.length > 1) {
    throw new UsageError(`${written} could be ${found.map(fullName).join(" or ")}: write the whole name`);
  }
  const known = methods.flatMap((candidate) => [fullName(candidate), shortName(candidate)]);
  throw new UsageError(`there is no method ${written}${didYouMean(written, known)}. parley call --list shows all`);
}

/** The names among these that the service of a written method could stand for. */
export function servicesMeantBy(written: string, names: readonly string[]): readonly string[] {
  const [serviceName] = split(written);
  return names.filter((name) => isMeant(name, serviceName));
}

function isMeant(fullServiceName: string, written: string): boolean {
  return fullServiceName === written || fullServiceName.endsWith(`.${written}`);
}

/** `users.v1.UserService/GetUser`. */
export function fullName({ parent, name }: DescMethod): string {
  return `${parent.typeName}/${name}`;
}

function shortName({ parent, name }: DescMethod): string {
  return `${parent.name}/${name}`;
}

function split(written: string): readonly [service: string, method: string] {
  const path = written.replace(/^\//, "");
  const at = path.includes("/") ? path.indexOf("/") : path.lastIndexOf(".");
  if (at <= 0)
    throw new UsageError(`${JSON.stringify(written)} is no method: write Service/Method, as in UserService/GetUser`);
  return [path.slice(0, at), path.slice(at + 1)];
}
