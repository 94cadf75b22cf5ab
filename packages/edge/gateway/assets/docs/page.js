/** Reads the OpenAPI document and draws one form per operation. Text goes in as text, never as markup. */
const METHODS = ["get", "post", "put", "patch", "delete"];
const MAX_SHOWN_CHARS = 200_000;

const byId = (id) => document.getElementById(id);

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function authorized(headers = {}) {
  const token = byId("token").value.trim();
  return token ? { ...headers, authorization: `Bearer ${token}` } : headers;
}

/** An example of a schema: enough of it to edit. */
function exampleOf(schema, api, depth = 0) {
  if (!schema || depth > 6) return null;
  if (schema.$ref) return exampleOf(resolve(schema.$ref, api), api, depth + 1);
  if (schema.examples) return schema.examples[0];
  if (schema.enum) return schema.enum[1] ?? schema.enum[0];
  switch (schema.type) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, property]) => [name, exampleOf(property, api, depth + 1)]),
      );
    case "array":
      return [exampleOf(schema.items, api, depth + 1)];
    case "integer":
    case "number":
      return schema.minimum ?? (schema.exclusiveMinimum ?? 0) + 1;
    case "boolean":
      return false;
    case "string":
      if (schema.format === "date-time") return new Date().toISOString();
      if (schema.format === "email") return "ada@example.com";
      return schema.format === "int64" ? "1" : "";
    default:
      return null;
  }
}

function resolve(reference, api) {
  return reference
    .slice(2)
    .split("/")
    .reduce((node, key) => node?.[key], api);
}

function drawOperation(path, method, operation, api) {
  const parameters = operation.parameters ?? [];
  const inputs = parameters.map((parameter) => ({
    parameter,
    input: element("input", { required: parameter.in === "path", placeholder: parameter.description ?? "" }),
  }));
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const body =
    schema && element("textarea", { value: JSON.stringify(exampleOf(schema, api), null, 2), spellcheck: false });
  const output = element("pre", { hidden: true });
  const form = element(
    "form",
    {},
    ...inputs.map(({ parameter, input }) =>
      element("label", {}, `${parameter.name}${parameter.required ? " *" : ""} (${parameter.in})`, input),
    ),
    ...(body ? [element("label", {}, "body", body)] : []),
    element("button", { type: "submit" }, "Send"),
    output,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send({ path, method, inputs, body, output });
  });
  return element(
    "details",
    {},
    element(
      "summary",
      {},
      element("span", { className: "method" }, method.toUpperCase()),
      element("code", {}, path),
      element("span", { className: "muted" }, `  ${operation.summary ?? ""}`),
    ),
    ...(operation.description ? [element("div", { className: "description" }, operation.description)] : []),
    form,
  );
}

async function send({ path, method, inputs, body, output }) {
  let url = path;
  const query = new URLSearchParams();
  for (const { parameter, input } of inputs) {
    if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (input.value !== "") for (const value of input.value.split(",")) query.append(parameter.name, value);
  }
  if (query.size > 0) url += `?${query}`;
  output.hidden = false;
  output.textContent = "…";
  const startedMs = performance.now();
  try {
    const response = await fetch(url, {
      method: method.toUpperCase(),
      headers: authorized(body ? { "content-type": "application/json" } : {}),
      ...(body && { body: body.value }),
    });
    const head = `${response.status} ${response.statusText}  ${Math.round(performance.now() - startedMs)} ms`;
    output.textContent = `${head}\nx-request-id: ${response.headers.get("x-request-id")}\n\n`;
    await show(response, output);
  } catch (error) {
    output.textContent += `\n${error}`;
  }
}

/** Shows a response as it comes: a stream may take long. */
async function show(response, output) {
  if (response.headers.get("content-type")?.startsWith("application/json")) {
    output.textContent += JSON.stringify(await response.json(), null, 2);
    return;
  }
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader.read()) {
    output.textContent = (output.textContent + part.value).slice(-MAX_SHOWN_CHARS);
  }
}

async function draw() {
  const operations = byId("operations");
  const response = await fetch("/docs/openapi.json", { headers: authorized() });
  if (!response.ok) {
    operations.replaceChildren(element("p", {}, `The contract needs a token (${response.status}). Enter one above.`));
    return;
  }
  const api = await response.json();
  document.title = api.info.title;
  byId("title").textContent = `${api.info.title} ${api.info.version}`;
  byId("about").textContent = api.info.description ?? "";
  const sections = new Map(
    api.tags.map((tag) => [
      tag.name,
      element("section", {}, element("h2", {}, tag.name), element("p", {}, tag.description ?? "")),
    ]),
  );
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      sections.get(item[method].tags[0])?.append(drawOperation(path, method, item[method], api));
    }
  }
  operations.replaceChildren(...sections.values());
}

byId("token").addEventListener("change", draw);
draw();
