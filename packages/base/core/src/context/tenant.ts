import { ParleyError } from "../errors/parley-error.ts";

/**
 * A tenant id as the `x-tenant-id` header carries it. Ids of `A-Z a-z 0-9 . _ : / + = -` stand there as they are; in any other id
 * each other octet of its UTF-8 is percent-encoded, so that `Acme Inc`, `Zürich` and `Acme ` arrive as what they are.
 */

/** The most characters of a tenant id. It is stored, compared and sent with every call. */
export const MAX_TENANT_LENGTH = 1_024;

const PLAIN = /^[\w.:/+=-]+$/;
const PRINTABLE = /^[\x20-\x7e]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const CONTROL = /[\0-\x1f\x7f-\x9f]/;

/** What keeps a text from being a tenant id, to be put behind a name for it; undefined if nothing does. */
export function tenantFault(tenant: string): string | undefined {
  if (tenant.length > MAX_TENANT_LENGTH)
    return `has ${tenant.length} characters, over the ${MAX_TENANT_LENGTH} allowed`;
  if (CONTROL.test(tenant)) return "has a control character, which logs and stores do not take";
  return tenant.isWellFormed() ? undefined : "has half of a surrogate pair, which is no character";
}

/** @throws ParleyError INVALID_ARGUMENT for what is no tenant id. */
export function encodeTenant(tenant: string): string {
  if (tenant.length <= MAX_TENANT_LENGTH && PLAIN.test(tenant)) return tenant;
  const fault = tenantFault(tenant);
  if (fault !== undefined) throw new ParleyError("INVALID_ARGUMENT", `the tenant id ${fault}`);
  return encodeURIComponent(tenant);
}

/**
 * The tenant id of a header; an empty one is none. Printable ASCII that is not encoded is taken as it is.
 *
 * @throws ParleyError INVALID_ARGUMENT for what is no tenant id: a call that is made for a tenant must not go on without one.
 */
export function decodeTenant(header: string): string | undefined {
  if (header.length <= MAX_TENANT_LENGTH && PLAIN.test(header)) return header;
  if (header === "") return undefined;
  if (!PRINTABLE.test(header)) throw invalid("is not printable ASCII; percent-encode its UTF-8");
  const tenant = decoded(header);
  const fault = tenantFault(tenant);
  if (fault !== undefined) throw invalid(fault);
  return tenant;
}

function decoded(header: string): string {
  try {
    return decodeURIComponent(header);
  } catch (cause) {
    throw invalid("is not percent-encoded UTF-8; write a percent sign as %25", cause);
  }
}

function invalid(fault: string, cause?: unknown): ParleyError {
  return new ParleyError("INVALID_ARGUMENT", `the tenant id in x-tenant-id ${fault}`, { cause });
}
