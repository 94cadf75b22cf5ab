/** A place in a line. */
export interface Place {
  /** Undefined once it was left. */
  readonly line: Line<unknown> | undefined;
  /** Gives the place up, wherever in the line it is. Answers whether it was still held. */
  leave(): boolean;
}

/**
 * Who waits or is at work, in the order of coming; leaving from the middle costs as much as from the front.
 *
 * A Set would do, and must not be used where members come and go with every call: when V8 makes a new table for a set, the
 * old one keeps what was in it and points to the new one. Once one of them has reached the old generation, each table that
 * follows is kept alive by a dead one before it, and with it every member there was, up to the next full collection. It
 * took a third of a gateway's time. Here a place that was left points to nothing.
 */
export class Line<T> {
  #first: Node<T> | undefined;
  #last: Node<T> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): T | undefined {
    return this.#first?.value;
  }

  /** Takes the place behind all others. */
  join(value: T): Place {
    const node = new Node(this, value);
    node.before = this.#last;
    if (this.#last) this.#last.behind = node;
    else this.#first = node;
    this.#last = node;
    this.#length += 1;
    return node;
  }

  /** Takes the first one out. */
  shift(): T | undefined {
    const first = this.#first;
    const value = first?.value;
    first?.leave();
    return value;
  }

  /** A copy, in order: members may come and go while it is walked. */
  all(): T[] {
    const all: T[] = [];
    for (let node = this.#first; node; node = node.behind) all.push(node.value as T);
    return all;
  }

  /** For a place of this line that is given up. */
  remove({ before, behind }: Node<T>): void {
    if (before) before.behind = behind;
    else this.#first = behind;
    if (behind) behind.before = before;
    else this.#last = before;
    this.#length -= 1;
  }
}

class Node<T> implements Place {
  line: Line<T> | undefined;
  value: T | undefined;
  before: Node<T> | undefined;
  behind: Node<T> | undefined;

  constructor(line: Line<T>, value: T) {
    this.line = line;
    this.value = value;
  }

  leave(): boolean {
    const line = this.line;
    if (!line) return false;
    line.remove(this);
    this.line = undefined;
    this.value = undefined;
    this.before = undefined;
    this.behind = undefined;
    return true;
  }
}
