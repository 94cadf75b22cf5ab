/** A value's node in a queue. */
export interface QueueNode {
  /** Undefined once it was removed. */
  readonly queue: LinkedQueue<unknown> | undefined;
  /** Removes the value, wherever in the queue it is. Answers whether it was still there. */
  remove(): boolean;
}

/**
 * A FIFO queue with O(1) removal from anywhere (a doubly linked list).
 *
 * A Set would do, and must not be used where values come and go with every call: when V8 makes a new table for a set, the old one keeps
 * its values and points to the new one. Once one table has reached the old generation, each table that follows is kept alive by a dead
 * one before it, and with it every value there was, up to the next full collection. It took a third of a gateway's time. Here a node that
 * was removed points to nothing.
 */
export class LinkedQueue<T> {
  #first: Node<T> | undefined;
  #last: Node<T> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): T | undefined {
    return this.#first?.value;
  }

  /** Adds a value at the end. */
  push(value: T): QueueNode {
    const node = new Node(this, value);
    node.before = this.#last;
    if (this.#last) this.#last.behind = node;
    else this.#first = node;
    this.#last = node;
    this.#length += 1;
    return node;
  }

  /** Removes the first value. */
  shift(): T | undefined {
    const first = this.#first;
    const value = first?.value;
    first?.remove();
    return value;
  }

  /** A copy, in order: values may come and go while it is walked. */
  all(): T[] {
    const all: T[] = [];
    for (let node = this.#first; node; node = node.behind) all.push(node.value as T);
    return all;
  }

  /** For a node of this queue that is removed. */
  unlink({ before, behind }: Node<T>): void {
    if (before) before.behind = behind;
    else this.#first = behind;
    if (behind) behind.before = before;
    else this.#last = before;
    this.#length -= 1;
  }
}

class Node<T> implements QueueNode {
  queue: LinkedQueue<T> | undefined;
  value: T | undefined;
  before: Node<T> | undefined;
  behind: Node<T> | undefined;

  constructor(queue: LinkedQueue<T>, value: T) {
    this.queue = queue;
    this.value = value;
  }

  remove(): boolean {
    const queue = this.queue;
    if (!queue) return false;
    queue.unlink(this);
    this.queue = undefined;
    this.value = undefined;
    this.before = undefined;
    this.behind = undefined;
    return true;
  }
}
