/** Finds the content in what a connection sends, and its end. */
export interface ContentDecoder {
  /** True once the content is complete. */
  readonly done: boolean;
  /**
   * Gives the content in `bytes` to `sink`, and returns how many of them belong to this message.
   *
   * @throws EdgeError 400 for what is no content of this framing.
   */
  decode(bytes: Buffer, sink: (content: Buffer) => void): number;
}
