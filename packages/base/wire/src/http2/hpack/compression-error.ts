/** A header block that cannot be decoded. The shared state is lost, so the connection must end (RFC 9113, section 4.3). */
export class CompressionError extends Error {
  override readonly name = "CompressionError";
}
