/** One answer that failed a check. */
export interface Finding {
  readonly check: string;
  /** `POST /users`, or for a later step of a scenario the operation of that step. */
  readonly operation: string;
  readonly message: string;
  readonly request: string;
  readonly requestBody: string;
  readonly status: number;
  readonly responseBody: string;
}

export interface Report {
  readonly operations: number;
  readonly cases: number;
  /** Links of the document that were followed with a value out of an answer: `POST /users -> [201] GetUser -> …`. */
  readonly coveredLinks: ReadonlySet<string>;
  readonly findings: readonly Finding[];
  /** What the tool itself could not do, such as an operation that it cannot make a request for. */
  readonly errors: readonly string[];
  /** Whether every phase was run to its end. */
  readonly isComplete: boolean;
}

interface Octets {
  readonly $base64?: string;
}

interface Scenario {
  readonly phase: string;
  readonly recorder: {
    /** The operation, save in the stateful phase. */
    readonly label: string;
    readonly cases?: Readonly<Record<string, CaseNode>>;
    readonly checks?: Readonly<Record<string, readonly Check[]>>;
    readonly interactions?: Readonly<Record<string, Interaction>>;
  };
}

interface CaseNode {
  readonly value: { readonly method: string; readonly path: string };
  readonly transition?: { readonly id: string; readonly is_inferred: boolean };
  readonly is_transition_applied: boolean;
}

interface Check {
  readonly name: string;
  readonly status: string;
  readonly failure_info?: { readonly failure: { readonly title: string; readonly message: string } };
}

interface Interaction {
  readonly request: { readonly method: string; readonly uri: string; readonly body?: Octets };
  readonly response?: { readonly status_code: number; readonly content?: Octets };
}

type Event = Readonly<Record<string, unknown>>;

/** Reads the events of a run, one a line, as `schemathesis run --report ndjson` writes them. */
export function readReport(text: string): Report {
  const events = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as Event);
  const scenarios = events.flatMap((event) => (event.ScenarioFinished ? [event.ScenarioFinished as Scenario] : []));
  const tested = scenarios.filter(({ phase }) => phase !== "stateful");
  const cases = scenarios.flatMap(({ recorder }) => Object.values(recorder.cases ?? {}));
  const covered = cases.flatMap(({ transition, is_transition_applied: isApplied }) =>
    transition && isApplied && !transition.is_inferred ? [transition.id] : [],
  );
  const finished = events.find((event) => event.EngineFinished)?.EngineFinished as { stop_reason?: string } | undefined;
  return {
    operations: new Set(tested.map(({ recorder }) => recorder.label)).size,
    cases: cases.length,
    coveredLinks: new Set(covered),
    findings: scenarios.flatMap(findingsOf),
    errors: events.flatMap((event) => (event.NonFatalError || event.FatalError ? [JSON.stringify(event)] : [])),
    isComplete: finished?.stop_reason === "completed",
  };
}

function findingsOf({ recorder }: Scenario): Finding[] {
  return Object.entries(recorder.checks ?? {}).flatMap(([id, checks]) => {
    const node = recorder.cases?.[id];
    const interaction = recorder.interactions?.[id];
    return checks
      .filter(({ status }) => status !== "success")
      .map(({ name, failure_info: info }) => ({
        check: name,
        operation: node ? `${node.value.method} ${node.value.path}` : "an unknown operation",
        message: `${info?.failure.title ?? ""}: ${info?.failure.message ?? ""}`,
        request: interaction ? `${interaction.request.method} ${interaction.request.uri}` : "",
        requestBody: textOf(interaction?.request.body),
        status: interaction?.response?.status_code ?? 0,
        responseBody: textOf(interaction?.response?.content),
      }));
  });
}

function textOf(octets: Octets | undefined): string {
  return Buffer.from(octets?.$base64 ?? "", "base64").toString();
}
