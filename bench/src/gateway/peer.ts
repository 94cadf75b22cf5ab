/** One gateway in the comparison: `GET /users/{id}` over HTTP/1.1, answered by GetUser over gRPC. */
export interface GatewayPeer {
  /** Serves on a free port of the loopback interface. */
  serve(backendPort: number, auth: "on" | "off"): Promise<number>;
}

/** How long a call to the backend may take, for all alike. */
export const CALL_TIMEOUT_MS = 3_000;
