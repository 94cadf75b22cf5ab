import { findProgram, runProgram } from "./run-program.ts";

const INSTALL_TIMEOUT_MS = 10 * 60_000;

/** Asks nothing, and starts nothing: the servers that packages would start are ours to start. */
const UNATTENDED = { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };

/**
 * Installs Debian packages. Rejects where there is no apt-get, or no right to use it, with the command for someone who has.
 */
export async function installPackages(packages: readonly string[]): Promise<void> {
  if (packages.length === 0) return;
  const install = ["install", "--yes", "--no-install-recommends", ...packages];
  if (findProgram("apt-get") === undefined) {
    throw new Error(
      `These Debian packages are needed, and this system has no apt-get: ${packages.join(", ")}. Install their like, or start Docker.`,
    );
  }
  const isRoot = process.getuid?.() === 0;
  const apt = async (args: readonly string[]): Promise<void> => {
    const [command, prefix] = isRoot
      ? ["apt-get", []]
      : ["sudo", ["--non-interactive", "--preserve-env=DEBIAN_FRONTEND,RUNLEVEL", "apt-get"]];
    await runProgram(command, [...prefix, ...args], { timeoutMs: INSTALL_TIMEOUT_MS, env: UNATTENDED });
  };
  try {
    await apt(["update", "--quiet"]);
    await apt(install);
  } catch (cause) {
    throw new Error(
      `Could not install ${packages.join(", ")}. As root: apt-get ${install.join(" ")}\n${(cause as Error).message}`,
      { cause },
    );
  }
}
