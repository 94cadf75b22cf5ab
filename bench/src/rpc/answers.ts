/** Throws unless the answer is the user that was asked for. */
export function checkUser(user: { readonly id: number; readonly email: string } | undefined, id: number): void {
  if (user?.id !== id || user.email === "") throw new Error(`asked for user ${id}, got ${JSON.stringify(user)}`);
}

/** Throws unless as much came back as was sent. */
export function checkEcho(received: Uint8Array | undefined, sent: Uint8Array): void {
  if (received?.length !== sent.length) throw new Error(`sent ${sent.length} bytes, got ${received?.length} back`);
}

/** Throws unless the last of `count` ticks came last. */
export function checkTicks(last: { readonly number: number } | undefined, count: number): void {
  if (last?.number !== count) throw new Error(`asked for ${count} ticks, the last was ${last?.number}`);
}
