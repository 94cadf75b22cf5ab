import type { Clock, Logger, Timer } from "@parley/core";
import { readTlsFiles, type TlsFiles, type TlsMaterial } from "./tls-files.ts";

/** How often the files are read again. Notifications of the file system miss what secrets mounted by Kubernetes do. */
export const TLS_POLL_MS = 10_000;

export interface WatchTlsOptions {
  /** What is in use now. */
  readonly current: TlsMaterial;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onChange: (material: TlsMaterial) => void;
}

/** Tells when the files hold something else that works. Files that do not work are logged, and what is in use stays. */
export function watchTlsFiles(files: TlsFiles, { current, clock, logger, onChange }: WatchTlsOptions): Timer {
  let inUse = current;
  let timer: Timer;
  const look = (): void => {
    timer = clock.setTimer(TLS_POLL_MS, look).unref();
    try {
      const found = readTlsFiles(files);
      if (sameMaterial(found, inUse)) return;
      onChange(found);
      inUse = found;
      logger.info({ certPath: files.certPath }, "new connections get the renewed TLS certificate");
    } catch (error) {
      logger.error(
        { err: error, certPath: files.certPath },
        "the TLS files were not reloaded; the old ones stay in use",
      );
    }
  };
  timer = clock.setTimer(TLS_POLL_MS, look).unref();
  const watching: Timer = { cancel: () => timer.cancel(), unref: () => watching };
  return watching;
}

function sameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  return sameBytes(a.cert, b.cert) && sameBytes(a.key, b.key) && sameBytes(a.ca, b.ca);
}

function sameBytes(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.equals(b));
}
