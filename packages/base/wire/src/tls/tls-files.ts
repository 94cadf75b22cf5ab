import { readFileSync } from "node:fs";
import { createSecureContext, type TlsOptions } from "node:tls";

/** TLS as a server sees it; every file holds PEM. */
export interface TlsFiles {
  /** The server's certificate, followed by those between it and the root. */
  readonly certPath: string;
  readonly keyPath: string;
  /** With it, every client must show a certificate that these roots have signed: mutual TLS. */
  readonly caPath?: string | undefined;
}

/** What the files hold, in PEM. */
export interface TlsMaterial {
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  readonly ca?: Buffer | undefined;
}

/** The paths of {@link TlsFiles}, any of which a client may leave out. */
export type TlsPaths = { readonly [Path in keyof TlsFiles]?: string | undefined };

/**
 * Reads the files, and checks that they hold what they should and that certificate and key fit.
 * @throws TypeError that names the file or files.
 */
export function readTlsFiles({ certPath, keyPath, caPath }: TlsPaths): TlsMaterial {
  const material: TlsMaterial = {
    cert: certPath === undefined ? undefined : read("certificate", certPath),
    key: keyPath === undefined ? undefined : read("key", keyPath),
    ca: caPath === undefined ? undefined : read("CA", caPath),
  };
  try {
    createSecureContext({ ...material });
  } catch (error) {
    const paths = [certPath, keyPath, caPath].filter((path) => path !== undefined).join(", ");
    throw new TypeError(`the TLS files ${paths} cannot be used: ${(error as Error).message}`, { cause: error });
  }
  return material;
}

function read(what: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TypeError(`the TLS ${what} file ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** The options of a TLS listener: with a `ca`, every client must show a certificate that it has signed. */
export function tlsServerOptions({ cert, key, ca }: TlsMaterial): TlsOptions {
  return {
    minVersion: "TLSv1.2",
    ...(cert && { cert }),
    ...(key && { key }),
    ...(ca && { ca, requestCert: true, rejectUnauthorized: true }),
  };
}
