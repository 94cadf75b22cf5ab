import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

/** Which module imports which, of the modules that this process has loaded since the graph was begun. */
export interface ModuleGraph {
  /** The modules that a module leads to, itself included, as URLs. Packages are left out: they do not change under a running system. */
  reachableFrom(url: string): ReadonlySet<string>;
}

/**
 * Follows what is imported from now on, by the hooks of Node's loader: exact, and no source is parsed.
 * @see https://nodejs.org/api/module.html#moduleregisterhooksoptions
 */
export function followImports(): ModuleGraph {
  const imports = new Map<string, Set<string>>();
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      if (context.parentURL !== undefined && isOwnFile(specifier, resolved.url)) {
        const known = imports.get(context.parentURL);
        if (known) known.add(resolved.url);
        else imports.set(context.parentURL, new Set([resolved.url]));
      }
      return resolved;
    },
  });
  return {
    reachableFrom(url) {
      const reached = new Set([url]);
      for (const module of reached) for (const imported of imports.get(module) ?? []) reached.add(imported);
      return reached;
    },
  };
}

/** A file named by its path, or through `#imports`; a bare name is a package. */
function isOwnFile(specifier: string, url: string): boolean {
  return /^(\.|\/|#|file:)/.test(specifier) && url.startsWith("file:") && !url.includes("/node_modules/");
}

/** Absolute paths of module URLs, queries dropped. */
export function toPaths(urls: Iterable<string>): readonly string[] {
  return [...urls].map((url) => fileURLToPath(new URL(url)));
}
