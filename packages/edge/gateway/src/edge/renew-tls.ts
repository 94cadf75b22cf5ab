import { X509Certificate } from "node:crypto";
import type { Server } from "node:tls";
import type { Timer } from "@parley/core";
import type { GatewayTls, ResolvedGatewayOptions } from "../options.ts";
import { readTlsFiles, type TlsSettings } from "./tls-files.ts";

/** How often the files are read again. Notifications of the file system miss what secrets mounted by Kubernetes do. */
export const TLS_POLL_MS = 10_000;

/**
 * Gives new connections the certificate that the files hold by now, until the server closes; what is open stays as it is.
 * Files that do not work (one of a pair is written first) are logged, and what is in use stays.
 */
export function renewTls(
  server: Server,
  inUse: TlsSettings,
  { tls, clock, logger }: Pick<ResolvedGatewayOptions, "clock" | "logger"> & { readonly tls: GatewayTls },
  onRenewed: (settings: TlsSettings) => void,
): void {
  let current = inUse;
  let timer: Timer;
  const look = (): void => {
    timer = clock.setTimer(TLS_POLL_MS, look).unref();
    try {
      const found = readTlsFiles(tls);
      if (isSame(found, current)) return;
      server.setSecureContext(found);
      current = found;
      onRenewed(found);
      logger.info({ certPath: tls.certPath }, "new connections get the renewed TLS certificate");
    } catch (error) {
      logger.error({ err: error, certPath: tls.certPath }, "the TLS files were not reloaded; the old ones stay in use");
    }
  };
  timer = clock.setTimer(TLS_POLL_MS, look).unref();
  server.once("close", () => timer.cancel());
}

/** When the certificate expires (Unix epoch, milliseconds); the first of a chain is the server's own. */
export function certificateExpiresMs({ cert }: TlsSettings): number {
  return new X509Certificate(cert).validToDate.getTime();
}

function isSame(a: TlsSettings, b: TlsSettings): boolean {
  return a.cert.equals(b.cert) && a.key.equals(b.key) && (a.ca === b.ca || (!!a.ca && !!b.ca && a.ca.equals(b.ca)));
}
