/**
 * The Huffman code of HPACK (RFC 7541, section 5.2 and appendix B), decoding alone: what we send goes as plain bytes,
 * which every peer must accept. On our headers the code would save about a quarter of some 100 bytes, and cost more
 * time per call than all other header work together.
 */
import { CompressionError } from "./compression-error.ts";

/** Length in bits of the code of each byte. The code is canonical, so the lengths say it all. */
const CODE_LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26,
];
/** The end-of-string symbol: its code pads the last byte, and must not appear whole. */
const EOS = 256;
const EOS_LENGTH = 30;

const NODES = 256;
const FAILED = 0xffff;
/** A symbol in the upper half of an entry of {@link STEPS}; 0 for none. */
const SYMBOL_SHIFT = 16;

/**
 * One step per node of the code tree and four bits of input: the next node in the lower 16 bits, the symbol that was
 * completed, plus one, above. No code is shorter than five bits, so a step completes one symbol at most.
 */
const STEPS = new Uint32Array(NODES * 16);
/** Whether the input may end at a node: on the way to EOS, at most seven bits in (section 5.2). */
const MAY_END = new Uint8Array(NODES);

buildTables();

function buildTables(): void {
  const children: [number, number][] = [[-1, -1]];
  const isLeaf = (child: number): boolean => child <= -2;
  const leaf = (symbol: number): number => -2 - symbol;
  const symbols = [...CODE_LENGTHS.map((length, symbol) => ({ symbol, length })), { symbol: EOS, length: EOS_LENGTH }];
  symbols.sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  let code = 0;
  let codeLength = 0;
  for (const { symbol, length } of symbols) {
    code *= 2 ** (length - codeLength);
    codeLength = length;
    let node = 0;
    for (let bit = length - 1; bit >= 0; bit--) {
      const side = (Math.floor(code / 2 ** bit) & 1) as 0 | 1;
      const at = children[node] as [number, number];
      if (bit === 0) at[side] = leaf(symbol);
      else {
        if (at[side] === -1) at[side] = children.push([-1, -1]) - 1;
        node = at[side];
      }
    }
    code += 1;
  }
  for (let node = 0; node < NODES; node++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      let at = node;
      let emitted = 0;
      for (let bit = 3; bit >= 0 && at !== FAILED; bit--) {
        const next = (children[at] as [number, number])[((nibble >> bit) & 1) as 0 | 1];
        if (!isLeaf(next)) at = next;
        else if (-2 - next === EOS) at = FAILED;
        else {
          emitted = -2 - next + 1;
          at = 0;
        }
      }
      STEPS[node * 16 + nibble] = ((emitted << SYMBOL_SHIFT) | at) >>> 0;
    }
  }
  for (let node = 0, ones = 0; ones <= 7; ones++) {
    MAY_END[node] = 1;
    node = (children[node] as [number, number])[1];
  }
}

let scratch = Buffer.allocUnsafe(4_096);

/** The string that a span of bytes encodes. @throws CompressionError on EOS, or padding that is not the start of it. */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  const longest = Math.ceil(((end - start) * 8) / 5);
  if (scratch.length < longest) scratch = Buffer.allocUnsafe(longest);
  let length = 0;
  let node = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    const first = STEPS[node * 16 + (byte >> 4)] as number;
    if (first > FAILED) scratch[length++] = (first >>> SYMBOL_SHIFT) - 1;
    if ((first & FAILED) === FAILED) throw new CompressionError("a Huffman-coded string contains EOS");
    const second = STEPS[(first & FAILED) * 16 + (byte & 15)] as number;
    if (second > FAILED) scratch[length++] = (second >>> SYMBOL_SHIFT) - 1;
    node = second & FAILED;
    if (node === FAILED) throw new CompressionError("a Huffman-coded string contains EOS");
  }
  if (MAY_END[node] === 0) throw new CompressionError("a Huffman-coded string ends in padding that is not EOS");
  return scratch.toString("latin1", 0, length);
}
