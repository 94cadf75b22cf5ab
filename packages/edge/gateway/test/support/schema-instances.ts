import fc, { type Arbitrary } from "fast-check";

/** A JSON Schema, as far as the OpenAPI document uses it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly not?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly examples?: readonly unknown[];
}

type Resolve = (schema: Schema) => Schema;

/** Follows references, with what stands beside them. */
export function resolverOf(document: { readonly components: { readonly schemas: Record<string, Schema> } }): Resolve {
  const resolve: Resolve = (schema) => {
    const { $ref, ...beside } = schema;
    if ($ref === undefined) return schema;
    const target = document.components.schemas[$ref.slice("#/components/schemas/".length)];
    if (!target) throw new Error(`${$ref} is not in the document`);
    return { ...resolve(target), ...beside };
  };
  return resolve;
}

/** Times lie ahead: a rule may ask for that, and JSON Schema has no word for it. */
const FORMATS: Readonly<Record<string, Arbitrary<string>>> = {
  email: fc
    .tuple(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[a-z]{1,8}$/))
    .map(([a, b]) => `${a}@${b}.org`),
  "date-time": fc
    .date({ min: new Date(4e12), max: new Date(8e12), noInvalidDate: true })
    .map((date) => date.toISOString()),
  uuid: fc.uuid(),
  uri: fc.webUrl(),
  ipv4: fc.ipV4(),
  ipv6: fc.ipV6(),
  hostname: fc.domain(),
};

/** Instances that a schema allows. */
export function validInstances(schema: Schema, resolve: Resolve, depth = 0): Arbitrary<unknown> {
  const own = resolve(schema);
  if ("const" in own) return fc.constant(own.const);
  if (own.enum) return fc.constantFrom(...own.enum).filter((value) => !isExcluded(own, value));
  if (own.anyOf) return fc.oneof(...own.anyOf.map((one) => validInstances(one, resolve, depth)));
  switch (own.type) {
    case "string":
      return strings(own);
    case "integer":
    case "number":
      return numbers(own).filter((value) => !isExcluded(own, value));
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array": {
      const items = validInstances(own.items ?? {}, resolve, depth + 1);
      const minLength = own.minItems ?? 0;
      const maxLength = Math.min(own.maxItems ?? 3, Math.max(depth > 2 ? 0 : 3, minLength));
      const range = { minLength, maxLength };
      return own.uniqueItems
        ? fc.uniqueArray(items, { ...range, selector: (it) => JSON.stringify(it) })
        : fc.array(items, range);
    }
    case "object":
      if (own.properties?.["@type"]) return fc.constantFrom(...(own.examples ?? [])); // no schema knows all types
      return objects(own, resolve, depth);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function isExcluded({ not }: Schema, value: unknown): boolean {
  return (not?.enum ?? []).some((one) => one === value || Object.is(value, -0));
}

function strings(schema: Schema): Arbitrary<unknown> {
  const { minLength = 0, maxLength, pattern, format } = schema;
  const fits = (text: string): boolean =>
    [...text].length >= minLength &&
    (maxLength === undefined || [...text].length <= maxLength) &&
    !isExcluded(schema, text);
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern)).filter(fits);
  const known = format === undefined ? undefined : FORMATS[format];
  if (known) return known.filter(fits);
  return fc.string({ unit: "grapheme", minLength, maxLength: maxLength ?? minLength + 20 }).filter(fits);
}

function numbers(schema: Schema): Arbitrary<number> {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, type, format } = schema;
  if (type === "integer") {
    const min = exclusiveMinimum === undefined ? (minimum ?? -1_000) : exclusiveMinimum + 1;
    const max = exclusiveMaximum === undefined ? (maximum ?? 1_000) : exclusiveMaximum - 1;
    return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max));
  }
  const range = {
    noNaN: true,
    noDefaultInfinity: true,
    min: Math.max(exclusiveMinimum ?? minimum ?? -1e300, format === "float" ? -3e38 : -1e300),
    max: Math.min(exclusiveMaximum ?? maximum ?? 1e300, format === "float" ? 3e38 : 1e300),
    minExcluded: exclusiveMinimum !== undefined,
    maxExcluded: exclusiveMaximum !== undefined,
  };
  return fc.double(range);
}

function objects(schema: Schema, resolve: Resolve, depth: number): Arbitrary<unknown> {
  const { properties = {}, required = [], allOf = [], additionalProperties } = schema;
  const names = Object.keys(properties).filter((name) => depth < 3 || required.includes(name));
  const model = Object.fromEntries(
    names.map((name) => [name, validInstances(properties[name] ?? {}, resolve, depth + 1)]),
  );
  const declared = fc.record(model, { requiredKeys: [...required] }).map((object) => withOneEach(object, allOf));
  if (typeof additionalProperties !== "object") return declared;
  const value = validInstances(additionalProperties, resolve, depth + 1);
  const { minProperties = 0, maxProperties = 3, propertyNames } = schema;
  const keys = propertyNames ? validInstances({ type: "string", ...propertyNames }, resolve).map(String) : fc.string();
  return fc.dictionary(keys, value, { minKeys: minProperties, maxKeys: Math.min(maxProperties, 3) });
}

/** Leaves of the fields of each oneof the first. */
function withOneEach(object: Record<string, unknown>, choices: readonly Schema[]): Record<string, unknown> {
  for (const { oneOf = [] } of choices) {
    const members = oneOf.flatMap(({ required = [] }) => required).filter((name) => name in object);
    for (const name of members.slice(1)) delete object[name];
  }
  return object;
}

/** A way in which an object breaks its schema, and what it looks like then. */
export interface Broken {
  readonly how: string;
  readonly instance: unknown;
}

/**
 * An object, broken in every way its schema forbids at its top: a required member left out, one that is not known, one of another type, and
 * one beyond each of its bounds. Null and the other spellings of one value that ProtoJSON takes are not among them.
 */
export function brokenInstances(schema: Schema, valid: Record<string, unknown>, resolve: Resolve): readonly Broken[] {
  const { properties = {}, required = [], additionalProperties } = resolve(schema);
  const broken: Broken[] = [];
  for (const name of required) {
    const { [name]: _, ...rest } = valid;
    broken.push({ how: `without ${name}`, instance: rest });
  }
  if (additionalProperties === false)
    broken.push({ how: "with an unknown member", instance: { ...valid, "no such": 1 } });
  for (const [name, member] of Object.entries(properties)) {
    for (const value of brokenValues(resolve(member))) {
      broken.push({
        how: `with ${name} ${JSON.stringify(value)}`.slice(0, 120),
        instance: { ...valid, [name]: value },
      });
    }
  }
  return broken;
}

/** Values that a schema forbids. */
export function brokenValues(schema: Schema): readonly unknown[] {
  const own = schema;
  const { type } = schema;
  const values: unknown[] = [];
  if (type === "string" || type === "boolean") values.push({ a: 1 }, [1]);
  if (type === "integer" || type === "number") values.push({ a: 1 }, "abc");
  if (type === "integer") values.push(1.5);
  if (type === "array") values.push({ a: 1 }, "abc");
  if (type === "object") values.push("abc", 7);
  if (schema.enum && type === "string") values.push("no such value");
  if (type === "string" && (own.minLength ?? 0) > 0) values.push("");
  if (type === "string" && own.maxLength !== undefined) values.push("x".repeat(own.maxLength + 1));
  // A 64-bit integer that no double holds is taken all the same.
  const isExact = Math.abs(own.minimum ?? own.maximum ?? 0) !== Number.MAX_SAFE_INTEGER;
  if (own.minimum !== undefined && isExact)
    values.push(own.minimum - (type === "integer" ? 1 : Math.max(1, Math.abs(own.minimum))));
  if (own.maximum !== undefined && own.maximum !== Number.MAX_SAFE_INTEGER)
    values.push(own.maximum + (type === "integer" ? 1 : Math.max(1, Math.abs(own.maximum))));
  if (own.exclusiveMinimum !== undefined) values.push(own.exclusiveMinimum);
  if (own.exclusiveMaximum !== undefined) values.push(own.exclusiveMaximum);
  if (type === "array" && (own.minItems ?? 0) > 0) values.push([]);
  if (schema.const === true) values.push(false);
  for (const excluded of schema.not?.enum ?? []) values.push(excluded);
  return values;
}
