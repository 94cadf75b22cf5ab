import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { GatewayTls } from "../options.ts";

/** What the files hold, as Node's server takes it. */
export interface TlsSettings extends SecureContextOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
  readonly requestCert?: boolean;
  readonly rejectUnauthorized?: boolean;
}

/** @throws TypeError that names the option and the file, if one cannot be read or key and certificate do not fit. */
export function readTlsFiles({ certPath, keyPath, caPath }: GatewayTls): TlsSettings {
  const settings: TlsSettings = {
    cert: readPem("certPath", certPath),
    key: readPem("keyPath", keyPath),
    ...(caPath !== undefined && { ca: readPem("caPath", caPath), requestCert: true, rejectUnauthorized: true }),
  };
  try {
    createSecureContext(settings);
  } catch (error) {
    const files = [certPath, keyPath, ...(caPath === undefined ? [] : [caPath])].join(", ");
    throw new TypeError(`tls: ${files} do not make a certificate with its key: ${messageOf(error)}`, { cause: error });
  }
  return settings;
}

function readPem(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TypeError(`tls.${option} ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
