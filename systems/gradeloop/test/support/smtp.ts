import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";

export interface ReceivedMail {
  readonly to: readonly string[];
  readonly from: string;
  /** As it came over the wire: headers, an empty line, the body. */
  readonly raw: string;
}

/** A real SMTP server on a free port. */
export interface SmtpServer extends AsyncDisposable {
  readonly url: string;
  readonly mails: ReceivedMail[];
  /** How many it did not take. */
  readonly refused: number;
  /** How it answers the next mails: takes them, is busy for now, or refuses for good. */
  answer: "take" | "later" | "never";
}

export async function startSmtp(): Promise<SmtpServer> {
  const mails: ReceivedMail[] = [];
  const state: { answer: SmtpServer["answer"]; refused: number } = { answer: "take", refused: 0 };
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS", "AUTH"],
    onData(stream, { envelope }, done) {
      text(stream).then((raw) => {
        if (state.answer !== "take") {
          state.refused += 1;
          const responseCode = state.answer === "later" ? 451 : 550;
          done(Object.assign(new Error("not this one"), { responseCode }));
          return;
        }
        const from = envelope.mailFrom ? envelope.mailFrom.address : "";
        mails.push({ to: envelope.rcptTo.map(({ address }) => address), from, raw });
        done();
      }, done);
    },
  });
  // A connection that its client cuts is no fault of the server's.
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    get refused() {
      return state.refused;
    },
    get answer() {
      return state.answer;
    },
    set answer(answer) {
      state.answer = answer;
    },
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
