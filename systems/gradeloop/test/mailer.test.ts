import { expect, test } from "vitest";
import { createSmtpMailer, messageIdOf } from "../notifications/mailer.ts";
import { startSmtp } from "./support/smtp.ts";

const mail = {
  id: 1n,
  to: "alan@example.com",
  subject: "Graded: Enigma \u2713",
  body: "You have 9 of 10 points.",
  eventId: "/assignment-service 1",
  userId: "alan",
};

test("a mail arrives, with an id that a repeat has too", async () => {
  await using smtp = await startSmtp();
  const mailer = createSmtpMailer(smtp.url, "gradeloop <no-reply@gradeloop.example>");
  for (const _ of [1, 2]) await mailer.send(mail);
  mailer.close();
  expect(smtp.mails).toHaveLength(2);
  const [first, second] = smtp.mails;
  expect(first).toMatchObject({ to: ["alan@example.com"], from: "no-reply@gradeloop.example" });
  expect(first?.raw).toContain("You have 9 of 10 points.");
  const idOf = (raw = "") => /^Message-ID: (.*)\r$/im.exec(raw)?.[1];
  expect(idOf(first?.raw)).toBe(messageIdOf(mail.eventId, mail.userId));
  expect(idOf(second?.raw)).toBe(idOf(first?.raw));
});

test("what users write makes no headers of its own", async () => {
  await using smtp = await startSmtp();
  const mailer = createSmtpMailer(smtp.url, "gradeloop <no-reply@gradeloop.example>");
  await mailer.send({ ...mail, subject: "Hello\r\nBcc: everybody@example.com\r\n\r\nnew body" });
  mailer.close();
  expect(smtp.mails[0]?.to).toEqual(["alan@example.com"]);
  expect(smtp.mails[0]?.raw).not.toMatch(/^Bcc:/im);
});

test("a server that is busy, refuses or is away is told apart", async () => {
  const smtp = await startSmtp();
  const mailer = createSmtpMailer(smtp.url, "gradeloop <no-reply@gradeloop.example>");
  smtp.answer = "later";
  await expect(mailer.send(mail)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  smtp.answer = "never";
  await expect(mailer.send(mail)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  mailer.close();
  await smtp[Symbol.asyncDispose]();
  const later = createSmtpMailer(smtp.url, "gradeloop <no-reply@gradeloop.example>");
  await expect(later.send(mail)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  later.close();
});
