import { create, type Message } from "@bufbuild/protobuf";
import { EmptySchema } from "@bufbuild/protobuf/wkt";
import { type Call, Metadata, notFound, ParleyError } from "@parley/core";
import { createGateway, type Gateway, type GatewayBackend, type GatewayOptions } from "@parley/gateway";
import {
  type Book,
  BookSchema,
  type CreateBookRequest,
  type GetBookRequest,
  GetBookResponseSchema,
  LibraryService,
  ListBooksResponseSchema,
  type PatchBookRequest,
  type ReadFileRequest,
  type WatchBooksRequest,
} from "../gen/everything_pb.ts";

export type Answer = (call: Call) => Message | Promise<Message>;

const book = (fields: Partial<Book>): Book => create(BookSchema, { name: "Emma", ...fields } as never);
const wrapped = (fields: Partial<Book>) => create(GetBookResponseSchema, { book: book(fields) });

/** What the library answers, by method; a test replaces what it needs. */
const ANSWERS: Readonly<Record<string, (request: never) => Message>> = {
  GetBook: ({ name }: GetBookRequest) => {
    if (name === "missing") throw notFound("book");
    return wrapped({ name, id: 7, soldCopies: 12n });
  },
  ListBooks: () =>
    create(ListBooksResponseSchema, { books: [{ id: 1 }, { id: 2 }], pagination: { page: 1, total: 2n } }),
  CreateBook: ({ book: given, shelfId }: CreateBookRequest) => book({ name: given?.name ?? "", id: Number(shelfId) }),
  UpdateBook: (request: Book) => request,
  PatchBook: ({ book: given }: PatchBookRequest) => given ?? book({}),
  DeleteBook: () => create(EmptySchema),
  PublishBook: ({ name }: GetBookRequest) => wrapped({ name: `published ${name}` }),
  LendBook: ({ name }: GetBookRequest) => wrapped({ name: `lent ${name}` }),
  ReadFile: ({ path }: ReadFileRequest) => wrapped({ name: path }),
  ReadFeatured: () => wrapped({ name: "featured" }),
  PurgeCache: () => create(EmptySchema),
  Echo: (request: Message) => request,
};

/** A backend without a network: a function from call to reply, as every channel is. */
export function libraryBackend(answers: Readonly<Record<string, Answer>> = {}): GatewayBackend & { calls: Call[] } {
  const calls: Call[] = [];
  const trailer = new Metadata();
  const header = new Metadata([["x-shelf", "fiction"]]);
  return {
    name: "library-service",
    service: LibraryService,
    calls,
    probe: async () => "serving",
    channel: {
      target: "library:1",
      close: async () => {},
      call: async (call) => {
        calls.push(call);
        if (call.streaming) return { streaming: true, header, trailer, messages: watch(call) };
        const { method } = call.operation;
        const answer = answers[method];
        const message = answer ? await answer(call) : ANSWERS[method]?.(call.message as never);
        if (!message) throw new ParleyError("UNIMPLEMENTED", `no ${method}`);
        return { streaming: false, header, trailer, message };
      },
    },
  };
}

async function* watch(call: Call): AsyncIterable<Message> {
  if (!call.streaming) return;
  for await (const request of call.messages) {
    const { count, failAfter } = request as WatchBooksRequest;
    for (let id = 1; id <= count; id++) {
      if (failAfter !== 0 && id > Math.max(failAfter, 0)) throw new ParleyError("ABORTED", "the shelf fell over");
      yield book({ id });
    }
  }
}

export interface Library {
  readonly gateway: Gateway;
  /** The calls that reached the backend. */
  readonly calls: readonly Call[];
}

export function openLibrary(
  options: Partial<GatewayOptions> = {},
  answers: Readonly<Record<string, Answer>> = {},
): Library {
  const backend = libraryBackend(answers);
  return { gateway: createGateway({ backends: [backend], ...options }), calls: backend.calls };
}
