import { type PathTemplate, parsePathTemplate } from "@parley/gateway";

/** What an HTTP rule says of its path. */
export interface RouteShape {
  /** The path without the names of its variables: `/users/{id}` is `/users/*`. Two rules with one shape collide. */
  readonly shape: string;
  /** Field paths of the variables, in order. */
  readonly variables: readonly string[];
}

/**
 * Reads a path template with the gateway's own parser, so that what passes here is served there.
 * @throws TypeError that says what is wrong with the template.
 */
export function routeShape(template: string): RouteShape {
  const { segments, variables, verb } = parsePathTemplate(template);
  const path = segments.map(segmentShape);
  return {
    shape: `/${path.join("/")}${verb === undefined ? "" : `:${verb}`}`,
    variables: variables.map(({ fieldPath }) => fieldPath),
  };
}

function segmentShape(segment: PathTemplate["segments"][number]): string {
  switch (segment.kind) {
    case "literal":
      return encodeURIComponent(segment.text); // an encoded slash is no separator
    case "single":
      return "*";
    case "rest":
      return "**";
  }
}

/** As {@link routeShape}, for a template that may be wrong: then its text stands for its shape. */
export function shapeOrText(template: string): string {
  try {
    return routeShape(template).shape;
  } catch {
    return template;
  }
}
