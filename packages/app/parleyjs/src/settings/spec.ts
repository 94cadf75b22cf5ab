/**
 * What a setting may be, as plain data. One table of these (see `policy-spec.ts` and `environment.ts`) is read by the
 * validator, by the JSON schema for editors and by the reference page, so the three cannot disagree.
 */

interface About {
  /** One sentence for editors and the reference. */
  readonly about: string;
}

/** One value, written in YAML, in an environment variable or in a flag. */
export type ScalarSpec = About &
  (
    | { readonly kind: "duration"; readonly default?: number }
    | { readonly kind: "size"; readonly default?: number }
    | { readonly kind: "integer"; readonly min: number; readonly max: number; readonly default?: number }
    | { readonly kind: "number"; readonly min: number; readonly max: number; readonly default?: number }
    | { readonly kind: "choice"; readonly values: readonly string[]; readonly default?: string }
    | { readonly kind: "text"; readonly default?: string }
  );

/** Named settings; any other name is a mistake. */
export interface SectionSpec extends About {
  readonly kind: "section";
  readonly fields: { readonly [name: string]: Spec };
}

/** Any names, all with the same kind of value. */
export interface EntriesSpec extends About {
  readonly kind: "entries";
  /** What the names are: `the full name of a contract`. */
  readonly names: string;
  readonly of: Spec;
}

export interface ListSpec extends About {
  readonly kind: "list";
  readonly of: ScalarSpec;
}

/** A word that stands for "none of this", or the section itself. */
export interface SwitchSpec extends About {
  readonly kind: "switch";
  readonly word: string;
  readonly or: SectionSpec;
}

export type Spec = ScalarSpec | SectionSpec | EntriesSpec | ListSpec | SwitchSpec;

/** What reading a value of a spec gives: durations in milliseconds, sizes in bytes, every setting optional. */
export type ValueOf<S> = S extends { kind: "duration" | "size" | "integer" | "number" }
  ? number
  : S extends { kind: "choice"; values: readonly (infer Choice)[] }
    ? Choice
    : S extends { kind: "text" }
      ? string
      : S extends { kind: "list"; of: infer Item }
        ? readonly ValueOf<Item>[]
        : S extends { kind: "switch"; word: infer Word; or: infer Section }
          ? Word | ValueOf<Section>
          : S extends { kind: "entries"; of: infer Item }
            ? ReadonlyMap<string, ValueOf<Item>>
            : S extends { kind: "section"; fields: infer Fields }
              ? { readonly [Name in keyof Fields]?: ValueOf<Fields[Name]> | undefined }
              : never;
