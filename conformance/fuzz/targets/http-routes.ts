import assert from "node:assert/strict";
import { isParleyError } from "@parley/core";
import { parsePathTemplate } from "../../../packages/edge/gateway/src/kernel/path-template.ts";
import { pathValue } from "../../../packages/edge/gateway/src/kernel/path-values.ts";
import { parseQueryString } from "../../../packages/edge/gateway/src/kernel/query-string.ts";
import { createRouteTable } from "../../../packages/edge/gateway/src/kernel/route-table.ts";
import type { FuzzTarget } from "../fuzz-target.ts";
import { mutateOneOf } from "../mutate.ts";

const TEMPLATES = [
  "/v1/users",
  "/v1/users/{user_id}",
  "/v1/{name=shelves/*/books/*}",
  "/v1/{parent=**}:search",
  "/v1/caf%C3%A9/*",
  "/",
];
const TEMPLATE_SEEDS = TEMPLATES.map((text) => Buffer.from(text));
const PATH_SEEDS = [
  "/v1/users/1%2F2",
  "/v1/shelves/a/books/b",
  "/v1/a/b/c:search",
  "/v1/caf%C3%A9/x",
  "//",
  "/v1/users/%ff",
].map((text) => Buffer.from(text));
const QUERY_SEEDS = ["page=1&size=20", "a.b=%C3%A9+x&a.b=&=&c", "%"].map((text) => Buffer.from(text));

/** A template is taken or refused by name, whatever stands in it; one that is taken is found by a path that fits. */
export const pathTemplates: FuzzTarget = {
  name: "path-templates",
  input: (dice) => mutateOneOf(TEMPLATE_SEEDS, dice),
  run(input) {
    const text = input.toString("utf8");
    let template: ReturnType<typeof parsePathTemplate>;
    try {
      template = parsePathTemplate(text);
    } catch (error) {
      if (error instanceof TypeError && error.message.startsWith("path template ")) return;
      throw error;
    }
    const table = createRouteTable<string>();
    table.add({ method: "GET", template, owner: "fuzz", value: text });
    const segments = template.segments.map((segment) =>
      segment.kind === "literal" ? encodeURIComponent(segment.text) : "x",
    );
    const path = `/${segments.join("/")}${template.verb === undefined ? "" : `:${template.verb}`}`;
    const found = table.find("GET", path);
    assert.equal(found.kind, "found", `${JSON.stringify(path)} is not found by ${JSON.stringify(text)}`);
  },
};

/** A path and a query of a request are read or refused by name. */
export const requestTargets: FuzzTarget = {
  name: "request-targets",
  input: (dice) => mutateOneOf(dice.oneIn(2) ? PATH_SEEDS : QUERY_SEEDS, dice),
  run(input, dice) {
    const table = createRouteTable<ReturnType<typeof parsePathTemplate>>();
    for (const text of TEMPLATES) {
      const template = parsePathTemplate(text);
      table.add({ method: "GET", template, owner: text, value: template });
    }
    const text = input.toString("latin1");
    const found = table.find(dice.pick(["GET", "HEAD", "POST", "__proto__"]), text);
    try {
      if (found.kind === "found") for (const variable of found.value.variables) pathValue(variable, found.segments);
      parseQueryString(text);
    } catch (error) {
      if (!isParleyError(error) || error.code !== "INVALID_ARGUMENT") throw error;
    }
  },
};
