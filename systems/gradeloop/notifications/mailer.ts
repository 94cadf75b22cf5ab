import { createHash } from "node:crypto";
import { createTransport } from "nodemailer";
import { ParleyError } from "parleyjs";

export interface Mail {
  readonly id: bigint;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  /** The event that it tells of. */
  readonly eventId: string;
  readonly userId: string;
}

export interface Mailer {
  /** @throws ParleyError UNAVAILABLE if the server takes nothing now, FAILED_PRECONDITION if it refuses this mail for good. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

const CONNECT_MS = 10_000;
const SOCKET_MS = 20_000;
const MAX_CONNECTIONS = 3;

/** Keeps mail where it is: users read it at `GET /notifications`. */
export const mailboxOnly: Mailer = { send: async () => {}, close: () => {} };

/**
 * Hands mail over by SMTP. A mail that is sent again after a crash carries the same `Message-ID`, by which mail servers
 * know it as one.
 */
export function createSmtpMailer(url: string, from: string): Mailer {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SOCKET_MS,
    // What users write goes into mails: it may name no file or address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, body, eventId, userId }) {
      try {
        await transport.sendMail({ from, to, subject, text: body, messageId: messageIdOf(eventId, userId) });
      } catch (error) {
        throw mailError(error);
      }
    },
    close: () => transport.close(),
  };
}

/** RFC 5322 section 3.6.4. */
export function messageIdOf(eventId: string, userId: string): string {
  const digest = createHash("sha256").update(`${eventId}\n${userId}`).digest("hex");
  return `<${digest.slice(0, 40)}@gradeloop.example>`;
}

/** RFC 5321 section 4.2.1: 5xx is final, 4xx is for now; without an answer nobody knows. */
function mailError(error: unknown): ParleyError {
  const { responseCode } = error as { responseCode?: number };
  return responseCode !== undefined && responseCode >= 500
    ? new ParleyError("FAILED_PRECONDITION", `the mail server refuses the mail (${responseCode})`, { cause: error })
    : new ParleyError("UNAVAILABLE", "the mail server takes no mail now", { cause: error });
}
