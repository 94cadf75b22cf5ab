import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireCacheDir } from "./cache-dir.mjs";
import { LaunchError, say } from "./launch-error.mjs";
import { runNpm } from "./npm.mjs";

/** The first release line that runs Parley's TypeScript sources without a build. */
export const MINIMUM_MAJOR = 24;

/** @typedef {{ package: string; version: string; binary: string; integrity: string }} NodeRelease */

/** @returns {Record<string, NodeRelease>} */
function readReleases() {
  return JSON.parse(readFileSync(new URL("./node-versions.json", import.meta.url), "utf8"));
}

/** Alpine and its like: the registry's binaries are linked against glibc and do not start there. */
function isMusl() {
  if (process.platform !== "linux") return false;
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return report.header.glibcVersionRuntime === undefined;
}

/** @param {string} platform @returns {NodeRelease} */
function releaseFor(platform) {
  const releases = readReleases();
  const release = releases[platform];
  if (release !== undefined && !isMusl()) return release;
  const what = isMusl() ? `${platform} with musl` : platform;
  throw new LaunchError(
    `Parley needs Node >= ${MINIMUM_MAJOR}; this is ${process.version}, and the registry has none for ${what} ` +
      `(only for ${Object.keys(releases).join(", ")}). Install Node ${MINIMUM_MAJOR} from https://nodejs.org and try again.`,
  );
}

/** A project with one locked dependency: npm itself then fetches, verifies against our checksum and unpacks. @param {NodeRelease} release */
function lockedProject(release) {
  const dependencies = { [release.package]: release.version };
  const locked = { version: release.version, integrity: release.integrity };
  return {
    "package.json": { name: "parley-node", private: true, dependencies },
    "package-lock.json": {
      name: "parley-node",
      lockfileVersion: 3,
      requires: true,
      packages: { "": { name: "parley-node", dependencies }, [`node_modules/${release.package}`]: locked },
    },
  };
}

/** @param {NodeRelease} release @param {string} dir @param {NodeJS.ProcessEnv} env */
async function download(release, dir, env) {
  for (const [name, content] of Object.entries(lockedProject(release)))
    writeFileSync(join(dir, name), JSON.stringify(content));
  const args = ["ci", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const purpose = `take Node ${release.version} from the npm registry (${release.package}, checksum in scripts/launch/node-versions.json)`;
  await runNpm(args, { node: process.execPath, cwd: dir, env, purpose });
}

/** @param {string} binary @param {NodeRelease} release */
function assertRuns(binary, release) {
  const version = execFileSync(binary, ["--version"], { encoding: "utf8" }).trim();
  if (version !== `v${release.version}`)
    throw new LaunchError(`${release.package}@${release.version} holds Node ${version}; refusing to run it.`);
}

/**
 * The path of a Node that can run Parley: this one if it is new enough, else the pinned one in the cache, fetched if it is not there.
 * The folder appears under its final name only when complete, so launchers may race and a broken download leaves nothing behind.
 *
 * @param {{ env?: NodeJS.ProcessEnv; current?: string; platform?: string }} [options]
 * @returns {Promise<string>}
 */
export async function ensureNode({
  env = process.env,
  current = process.versions.node,
  platform = `${process.platform}-${process.arch}`,
} = {}) {
  if (Number.parseInt(current, 10) >= MINIMUM_MAJOR) return process.execPath;
  const release = releaseFor(platform);
  const cacheDir = requireCacheDir(env);
  const home = join(cacheDir, `${release.package}-${release.version}`);
  const inside = join("node_modules", release.package, release.binary);
  if (existsSync(join(home, inside))) return join(home, inside);

  say(`this is Node ${current}; taking Node ${release.version} from the npm registry, once, into ${home}`);
  const draft = mkdtempSync(join(cacheDir, ".node-"));
  try {
    await download(release, draft, env);
    assertRuns(join(draft, inside), release);
    try {
      renameSync(draft, home);
    } catch (error) {
      // Another launcher was quicker; its folder is as good as ours.
      if (!existsSync(join(home, inside))) throw error;
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return join(home, inside);
}
