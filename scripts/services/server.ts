/** Where a server of ours keeps its things. */
export interface ServerPlace {
  /** Its data; kept between runs. */
  readonly dataDir: string;
  /** Programs that do not come from the system's packages; can be fetched again. */
  readonly programsDir: string;
  readonly port: number;
}

/** A process to start. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The user to run as, for a server that refuses to run as root. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** How one server is had, started and recognised. */
export interface ServerDefinition {
  readonly name: string;
  /** The port that its clients expect; `PARLEY_<NAME>_PORT` changes it. */
  readonly defaultPort: number;
  /** The variable and value by which tests find it. */
  readonly address: (port: number) => { readonly variable: string; readonly value: string };
  /** Debian packages that are needed and not there yet. */
  missingPackages(place: ServerPlace): readonly string[];
  /** Fetches what Debian does not have; called once its packages are installed. Must be quick if there is nothing to do. */
  fetchPrograms?(place: ServerPlace): Promise<void>;
  /** Lays the data folder and configuration if need be, and says what to run. */
  prepare(place: ServerPlace): Promise<ServerCommand>;
  /** Resolves if a server of this kind answers on the port, on loopback; rejects if not. */
  probe(port: number, options: { readonly timeoutMs: number }): Promise<void>;
  /** Ends helpers that outlive the server's own process. */
  afterStop?(place: ServerPlace): Promise<void>;
}
