import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { httpBindingsOf, isPublicMethod, successStatusOf } from "@parley/protobuf";
import type { Finding } from "./finding.ts";
import { shapeOrText } from "./route-shape.ts";
import { sourcePlace } from "./source-location.ts";

/** One way in over HTTP, reduced to what a client sees of it. */
interface Door {
  readonly route: string;
  /** As the contract writes it, for messages. */
  readonly written: string;
  readonly body: string;
  readonly responseBody: string;
}

/**
 * Changes that break HTTP clients although gRPC clients do not notice: a route that is gone, another body, another
 * success status, a method that asks for a token now. Methods and services that are gone are buf's to report.
 */
export function checkHttpChanges(before: readonly DescService[], after: readonly DescService[]): readonly Finding[] {
  const present = new Map(after.flatMap((service) => service.methods).map((method) => [pathOf(method), method]));
  return before
    .flatMap((service) => service.methods)
    .flatMap((old) => {
      const method = present.get(pathOf(old));
      return method ? compareMethod(old, method) : [];
    });
}

function compareMethod(before: DescMethod, after: DescMethod): readonly Finding[] {
  const findings: Finding[] = [];
  const report = (rule: string, message: string, remedy: string): void =>
    void findings.push({
      kind: "breaking",
      ...sourcePlace(after),
      rule,
      message: `${after.parent.name}.${after.name}: ${message}`,
      remedy,
    });
  const doors = new Map(doorsOf(after).map((door) => [door.route, door]));
  for (const old of doorsOf(before)) {
    const door = doors.get(old.route);
    if (!door) {
      report("HTTP_BINDING_REMOVED", `${old.written} is gone`, "Keep it among additional_bindings.");
      continue;
    }
    if (door.body !== old.body) {
      report(
        "HTTP_BODY_CHANGED",
        `the body of ${old.written} was ${old.body} and is ${door.body}`,
        "Keep the body, and add a binding with the new one.",
      );
    }
    if (door.responseBody !== old.responseBody) {
      report(
        "HTTP_RESPONSE_BODY_CHANGED",
        `${old.written} answered with ${old.responseBody} and answers with ${door.responseBody}`,
        "Keep it, and add a binding with the new one.",
      );
    }
  }
  if (doorsOf(before).length > 0) {
    const [was, is] = [successStatusOf(before), successStatusOf(after)];
    if (was !== is)
      report("HTTP_STATUS_CHANGED", `the success status was ${was} and is ${is}`, `Set success_status to ${was}.`);
    if (isPublicMethod(before) && !isPublicMethod(after)) {
      report(
        "HTTP_NO_LONGER_PUBLIC",
        "it could be called without a token and now needs one",
        "Keep it public, or add a method that is not.",
      );
    }
  }
  return findings;
}

function doorsOf(method: DescMethod): readonly Door[] {
  return httpBindingsOf(method).map(({ verb, template, body, responseBody }) => ({
    route: `${verb} ${shapeOrText(template)}`,
    written: `${verb} ${template}`,
    body: body ?? "none",
    responseBody: responseBody ?? "the whole response",
  }));
}

function pathOf(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}
