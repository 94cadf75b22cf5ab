import type { DescField, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import { type HttpBinding, httpBindingsOf } from "@parley/protobuf";
import type { Finding } from "./finding.ts";
import { type RouteShape, routeShape } from "./route-shape.ts";
import { sourcePlace } from "./source-location.ts";

const ROUTE_REMEDY = "Give one of them another path or verb.";

/** Messages that are one value in JSON, so that they can stand in a path. */
const SINGLE_VALUE = /^google\.protobuf\.(Timestamp|Duration|FieldMask|\w+Value)$/;

/**
 * What is wrong with the HTTP rules of these services: templates that do not parse, fields that do not exist, two
 * methods behind one route. The gateway would refuse them too, but only when it starts.
 */
export function checkHttpRules(services: readonly DescService[]): readonly Finding[] {
  const findings: Finding[] = [];
  const routes = new Map<string, DescMethod>();
  for (const method of services.flatMap((service) => service.methods)) {
    const report = (rule: string, message: string, remedy: string): void =>
      void findings.push({
        kind: "http",
        ...sourcePlace(method),
        rule,
        message: `${fullName(method)}: ${message}`,
        remedy,
      });
    for (const binding of httpBindingsOf(method)) {
      let route: RouteShape;
      try {
        route = routeShape(binding.template);
      } catch (error) {
        report("HTTP_TEMPLATE", (error as Error).message, "See google/api/http.proto for the syntax.");
        continue;
      }
      for (const variable of route.variables) {
        const problem = pathVariableProblem(method.input, variable);
        if (problem)
          report("HTTP_PATH_VARIABLE", `{${variable}} in ${binding.template} ${problem}`, fieldsOf(method.input));
      }
      checkBodies(method, binding, route.variables, report);
      const key = `${binding.verb} ${route.shape}`;
      const first = routes.get(key);
      if (first)
        report("HTTP_ROUTE_TAKEN", `${binding.verb} ${binding.template} is also ${fullName(first)}`, ROUTE_REMEDY);
      else routes.set(key, method);
    }
  }
  return findings;
}

type Report = (rule: string, message: string, remedy: string) => void;

function checkBodies(method: DescMethod, binding: HttpBinding, variables: readonly string[], report: Report): void {
  const { body, responseBody, verb } = binding;
  if (body !== undefined && (verb === "GET" || verb === "DELETE")) {
    report(
      "HTTP_BODY",
      `${verb} takes no body, but the rule says body: "${body}"`,
      "Remove body; fields become query parameters.",
    );
  }
  if (body !== undefined && body !== "*") {
    if (!findField(method.input, body)) {
      report("HTTP_BODY", `body: "${body}" is no field of ${method.input.typeName}`, fieldsOf(method.input));
    } else if (variables.includes(body)) {
      report("HTTP_BODY", `body: "${body}" is filled by the path already`, "Name another field, or *.");
    }
  }
  if (responseBody !== undefined && !findField(method.output, responseBody)) {
    report(
      "HTTP_BODY",
      `response_body: "${responseBody}" is no field of ${method.output.typeName}`,
      fieldsOf(method.output),
    );
  }
}

/** What is wrong with a variable, as the end of a sentence; undefined if it names a single value of the request. */
function pathVariableProblem(request: DescMessage, variable: string): string | undefined {
  let message: DescMessage | undefined = request;
  let field: DescField | undefined;
  for (const name of variable.split(".")) {
    field = message && findField(message, name);
    if (!field) return `is no field of ${message?.typeName ?? "a message"}`;
    message = field.fieldKind === "message" ? field.message : undefined;
  }
  const single =
    field?.fieldKind === "scalar" ||
    field?.fieldKind === "enum" ||
    (field?.fieldKind === "message" && SINGLE_VALUE.test(field.message.typeName));
  return single ? undefined : "is not a single value, so it cannot stand in a path";
}

function findField(message: DescMessage, name: string): DescField | undefined {
  return message.fields.find((field) => field.name === name);
}

function fieldsOf(message: DescMessage): string {
  const names = message.fields.map((field) => field.name);
  return names.length > 0
    ? `${message.name} has: ${names.join(", ")}.`
    : `${message.name} has no fields: add the one you mean.`;
}

function fullName(method: DescMethod): string {
  return `${method.parent.name}.${method.name}`;
}
