import { environmentVariables, partsOf, type SystemDefinition } from "parleyjs";
import { environmentName, nearestWord } from "parleyjs/internal";

/** A variable that looks meant for the system and is read by nobody. */
export interface SuspiciousVariable {
  readonly name: string;
  readonly suggestion: string | undefined;
}

/** How addresses of services, databases and brokers are named. */
const ADDRESS_NAME = /_(?:URL|URI)$|_SERVICE_(?:ADDR|ADDRESS|ENDPOINT|TARGET)$/;
/** `scheme://…`, `static:…`, `dns:…`, or `host:port`. */
const ADDRESS_VALUE = /^(?:[a-z][a-z0-9+.-]*:\/\/|static:|dns:)|^(?:[\w.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}$/i;
const SERVICE_NAME = /_SERVICE_[A-Z]+$/;
/** What the command and its launcher read, and no part of a system. */
const OWN_READERS: ReadonlySet<string> = new Set(["PARLEY_CACHE_DIR", "PARLEY_TOKEN"]);
/** Variables of tools and platforms, which are set on many machines and meant for no system. */
const OTHER_READERS =
  /^(?:NPM_|YARN_|PNPM_|NODE_|PIP_|UV_|CARGO_|GIT_|GITHUB_|GITLAB_|CI_|BUILD_|RUNNER_|ACTIONS_|AZURE_|AWS_|GOOGLE_|OTEL_|DOCKER_|KUBERNETES_|JAVA_|VSCODE_)/i;

/**
 * Variables that are most likely slips: those that begin like one of the system's own (`USER_SERVICE_`, `PARLEY_`), and those
 * that are named like an address and hold one (`EMAIL_SERVICE_URL=mail:50051`), while neither Parley nor the system reads them.
 */
export function suspiciousVariables(system: SystemDefinition, env: NodeJS.ProcessEnv): readonly SuspiciousVariable[] {
  const known = environmentVariables(system).map(({ name }) => name);
  const prefixes = ["PARLEY_", ...partsOf(system).map(({ name }) => `${environmentName(name)}_`)];
  return Object.entries(env)
    .filter(([name]) => !known.includes(name) && !name.startsWith("PARLEY_TEST_") && !OWN_READERS.has(name))
    .filter(([name, value = ""]) => prefixes.some((prefix) => name.startsWith(prefix)) || isAddress(name, value))
    .map(([name]) => ({ name, suggestion: nearestWord(name, known) }));
}

function isAddress(name: string, value: string): boolean {
  if (!ADDRESS_NAME.test(name) || !ADDRESS_VALUE.test(value)) return false;
  return SERVICE_NAME.test(name) || !OTHER_READERS.test(name);
}
