import { invalidArgument } from "@parley/core";

/** What a URL asks for: `events` and `resources`, each with commas or given again. */
export function readWanted(pairs: readonly (readonly [name: string, value: string])[]) {
  const wanted: Record<"events" | "resources", string[]> = { events: [], resources: [] };
  for (const [name, value] of pairs) {
    if (name !== "events" && name !== "resources") throw invalidArgument({ field: name, description: whyNot(name) });
    wanted[name].push(...value.split(",").filter((member) => member !== ""));
  }
  return wanted;
}

function whyNot(name: string): string {
  return name === "access_token"
    ? "must not be in the URL, which is logged on the way: send it as the header Authorization"
    : "is not known here: there are events and resources";
}
