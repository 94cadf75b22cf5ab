import type { HeaderStyle } from "./header-style.ts";

/** The names of headers come again with every message. So many are known by heart; what clients make up beyond is made anew. */
const MAX_KNOWN = 256;

/** What a name is in a style, made once for each. */
export function rememberByName<T extends string | object>(
  make: (name: string, style: HeaderStyle) => T,
): (name: string, style: HeaderStyle) => T {
  const known = new Map<HeaderStyle, Map<string, T>>();
  return (name, style) => {
    let ofStyle = known.get(style);
    if (!ofStyle) {
      ofStyle = new Map();
      known.set(style, ofStyle);
    }
    let made = ofStyle.get(name);
    if (made === undefined) {
      made = make(name, style);
      if (ofStyle.size < MAX_KNOWN) ofStyle.set(name, made);
    }
    return made;
  };
}
