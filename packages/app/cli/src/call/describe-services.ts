import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { httpBindingsOf } from "@parley/protobuf";
import { fullName } from "./find-method.ts";

/** One line of `parley call --list`. */
export interface MethodSummary {
  readonly method: string;
  readonly kind: DescMethod["methodKind"];
  readonly request: string;
  readonly response: string;
  /** `GET /users/{id}`; empty if the method cannot be reached over HTTP. */
  readonly http: readonly string[];
}

export function summarize(services: readonly DescService[]): readonly MethodSummary[] {
  return services
    .flatMap((service) => service.methods)
    .map((method) => ({
      method: fullName(method),
      kind: method.methodKind,
      request: method.input.typeName,
      response: method.output.typeName,
      http: httpBindingsOf(method).map(({ verb, template }) => `${verb} ${template}`),
    }));
}

export function describeMethods(methods: readonly MethodSummary[]): string {
  const width = Math.max(0, ...methods.map(({ method }) => method.length));
  return methods
    .map(({ method, kind, http }) => {
      const notes = [kind === "unary" ? "" : kind.replace("_", " "), ...http].filter((note) => note !== "");
      return `${method.padEnd(width)}  ${notes.join(", ")}`.trimEnd();
    })
    .join("\n");
}
