/** Certificates in PEM files, for cases over TLS. */
export interface TlsPaths {
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
}

/** One gRPC runtime in the comparison: a server of the contracts and a client that calls it. */
export interface RpcPeer {
  /** Serves on a free port of the loopback interface, in plain text unless certificates are given. */
  serve(tls?: TlsPaths): Promise<number>;
  /** A client with a connection of its own, however many there are in the process. */
  connect(port: number, tls?: TlsPaths): Promise<RpcClient>;
}

/** The calls that are measured. Each rejects unless it was answered as it should be: a fast wrong answer is no answer. */
export interface RpcClient {
  getUser(): Promise<void>;
  /** Sends data and gets it back. */
  echo(data: Uint8Array): Promise<void>;
  /** Reads a stream of so many ticks to its end. */
  readTicks(count: number): Promise<void>;
  /** Opens a stream and resolves with its first tick; it stays open until the process ends. */
  holdStream(): Promise<void>;
}

/** A layer of a runtime, which can do no more than answer GetUser. */
export interface RpcLayer {
  serve(): Promise<number>;
  connect(port: number): Promise<Pick<RpcClient, "getUser">>;
}

export async function loadRpcPeer(name: string): Promise<RpcPeer> {
  const { peer } = (await import(new URL(`./peers/${name}.ts`, import.meta.url).href)) as { peer: RpcPeer };
  return peer;
}

/** The certificates that a process was told of by its arguments, if any. */
export function tlsFromArgs([caPath, certPath, keyPath]: readonly string[]): TlsPaths | undefined {
  return caPath && certPath && keyPath ? { caPath, certPath, keyPath } : undefined;
}
