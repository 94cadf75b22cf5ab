import type { Server } from "node:net";

/** Resolves with the port once the server accepts; rejects with the system's error. */
export function listen(server: Server, where: { readonly port: number; readonly host: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      server.on("error", () => {}); // a connection that cannot be accepted is the client's to try again
      const address = server.address();
      resolve(address !== null && typeof address === "object" ? address.port : where.port);
    });
  });
}
