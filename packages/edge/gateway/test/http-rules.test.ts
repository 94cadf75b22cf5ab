import { toJson } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { openLibrary } from "./support/library.ts";

interface Case {
  readonly name: string;
  readonly method?: string;
  readonly url: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly status: number;
  /** The whole body, as JSON. */
  readonly answers?: unknown;
  /** The request that the backend saw, as canonical JSON. */
  readonly sees?: unknown;
  readonly allow?: string;
}

const CASES: readonly Case[] = [
  {
    name: "a variable of several segments",
    url: "/v1/shelves/a/books/b",
    status: 200,
    sees: { name: "shelves/a/books/b" },
  },
  {
    name: "…keeps an encoded slash",
    url: "/v1/shelves/a%2Fx/books/b%20c",
    status: 200,
    sees: { name: "shelves/a%2Fx/books/b c" },
  },
  {
    name: "a variable of one segment decodes it whole",
    url: "/v1/books/a%2Fb%3Ac",
    status: 200,
    sees: { name: "a/b:c" },
  },
  {
    name: "an additional binding",
    url: "/v1/books/emma",
    status: 200,
    sees: { name: "emma" },
    answers: { book: { id: 7, name: "emma", genre: "GENRE_UNSPECIFIED", soldCopies: "12" } },
  },
  { name: "a literal wins over a variable", url: "/v1/books/featured", status: 200, sees: {} },
  { name: "an encoded literal is still that literal", url: "/v1/books/feat%75red", status: 200, sees: {} },
  { name: "a colon that is no verb belongs to the value", url: "/v1/books/a:b", status: 200, sees: { name: "a:b" } },
  { name: "a custom verb", method: "POST", url: "/v1/books/emma:publish", status: 200, sees: { name: "emma" } },
  {
    name: "a custom verb after a colon in the value",
    method: "POST",
    url: "/v1/books/a:b:publish",
    status: 200,
    sees: { name: "a:b" },
  },
  { name: "** takes the rest", url: "/v1/files/a/b//c%2Fd", status: 200, sees: { path: "a/b//c%2Fd" } },
  { name: "** takes nothing too", url: "/v1/files", status: 200, sees: {} },
  { name: "an empty segment is no value", url: "/v1/books/", status: 404 },
  { name: "an unknown path", url: "/v1/magazines", status: 404, answers: { error: "no route for GET /v1/magazines" } },
  {
    name: "a wrong method",
    method: "PATCH",
    url: "/v1/books/emma",
    status: 405,
    allow: "DELETE, GET, HEAD, PUT, OPTIONS",
  },
  { name: "OPTIONS tells what is allowed", method: "OPTIONS", url: "/v1/cache", status: 204, allow: "PURGE, OPTIONS" },
  { name: "a custom method", method: "PURGE", url: "/v1/cache", status: 204, sees: {} },
  {
    name: "HEAD is a GET without its body",
    method: "HEAD",
    url: "/v1/books/emma",
    status: 200,
    sees: { name: "emma" },
  },
  { name: "an empty response", method: "DELETE", url: "/v1/books/emma", status: 204, sees: { name: "emma" } },
  { name: "a failure of the service", url: "/v1/books/missing", status: 404, answers: { error: "book not found" } },
  {
    name: "a broken encoding in the path",
    url: "/v1/books/%zz",
    status: 400,
    answers: { error: 'name has a broken percent-encoding in the path: "%zz"' },
  },
  { name: "a cut-off UTF-8 sequence in the path", url: "/v1/books/%c3", status: 400 },

  {
    name: "query: numbers, repeated enums, nested, time, wrapper",
    url: "/v1/books?pageSize=5&genres=GENRE_FICTION&genres=2&author.full_name=Jane+Austen&since=2026-01-31T12:00:00Z&lent=true&ids=9007199254740993&minPrice=1.5&mask=a,bC",
    status: 200,
    sees: {
      pageSize: 5,
      genres: ["GENRE_FICTION", "GENRE_SCIENCE"],
      author: { fullName: "Jane Austen" },
      since: "2026-01-31T12:00:00Z",
      lent: true,
      ids: ["9007199254740993"],
      minPrice: 1.5,
      mask: "a,bC",
    },
  },
  {
    name: "PATCH: what stands in the body is the update mask",
    method: "PATCH",
    url: "/v1/volumes/7",
    body: { name: "Emma", author: { fullName: "" }, genre: null, sold_copies: 0 },
    status: 200,
    sees: {
      book: { id: 7, name: "Emma", author: {} },
      updateMask: "name,author.fullName,genre,soldCopies",
    },
  },
  {
    name: "PATCH: a mask in the query is the client's own word",
    method: "PATCH",
    url: "/v1/volumes/7?updateMask=name",
    body: { name: "Emma", genre: 1 },
    status: 200,
    sees: { book: { id: 7, name: "Emma", genre: "GENRE_FICTION" }, updateMask: "name" },
  },
  {
    name: "PATCH: an unknown field is refused, not masked",
    method: "PATCH",
    url: "/v1/volumes/7",
    body: { nope: 1 },
    status: 400,
    answers: { error: "book.nope is not a known field" },
  },
  {
    name: "query: what is given as one value has no fields of its own",
    url: "/v1/books?since.seconds=999999999999999",
    status: 400,
    answers: { error: "since.seconds is not a known query parameter" },
  },
  {
    name: "query: a wrapper's field",
    url: "/v1/books?lent=true&lent.value=false",
    status: 400,
    answers: { error: "lent.value is not a known query parameter" },
  },
  {
    name: "query: a path without end",
    url: `/v1/echo?${"child.".repeat(2_000)}a_string=x`,
    status: 400,
    answers: { error: "child.child.child.child.child.child.chil… is not a known query parameter" },
  },
  {
    name: "query: a value without a name",
    url: "/v1/books?&&=5",
    status: 400,
    answers: { error: "the query has a value without a name" },
  },
  {
    name: "query: brackets are no syntax",
    url: "/v1/books?ids[]=5",
    status: 400,
    answers: { error: "ids[] is not a known query parameter" },
  },
  { name: "query: too many parameters", url: `/v1/books?${"ids=1&".repeat(257)}`, status: 400 },
  { name: "dots do not climb: unknown once resolved", url: "/v1/books/../magazines", status: 404 },
  { name: "a doubled slash", url: "//v1/books/emma", status: 404 },
  { name: "a slash at the end", url: "/v1/books/emma/", status: 404 },
  { name: "what is encoded twice is decoded once", url: "/v1/books/%252e%252e", status: 200, sees: { name: "%2e%2e" } },
  { name: "a NUL is a character like others", url: "/v1/books/%00", status: 200, sees: { name: "\0" } },
  {
    name: "a body where there is none",
    method: "DELETE",
    url: "/v1/books/emma",
    body: { a: 1 },
    status: 400,
    answers: { error: "this request takes no body: leave it out" },
  },
  { name: "query: contract names", url: "/v1/books?page_size=5", status: 200, sees: { pageSize: 5 } },
  {
    name: "query: unknown parameter",
    url: "/v1/books?pagesize=5",
    status: 400,
    answers: { error: "pagesize is not a known query parameter" },
  },
  {
    name: "query: prototype names are just unknown",
    url: "/v1/books?__proto__=5",
    status: 400,
    answers: { error: "__proto__ is not a known query parameter" },
  },
  {
    name: "query: not a number",
    url: "/v1/books?pageSize=abc",
    status: 400,
    answers: { error: 'pageSize must be an integer, got "abc"' },
  },
  {
    name: "query: empty is not a number",
    url: "/v1/books?pageSize=",
    status: 400,
    answers: { error: 'pageSize must be an integer, got ""' },
  },
  {
    name: "query: out of range",
    url: "/v1/books?pageSize=2147483648",
    status: 400,
    answers: { error: 'pageSize must be between -2147483648 and 2147483647, got "2147483648"' },
  },
  {
    name: "query: unknown enum value",
    url: "/v1/books?genres=POETRY",
    status: 400,
    answers: { error: 'genres must be one of GENRE_UNSPECIFIED, GENRE_FICTION, GENRE_SCIENCE, got "POETRY"' },
  },
  {
    name: "query: given twice",
    url: "/v1/books?pageSize=1&pageSize=2",
    status: 400,
    answers: { error: "pageSize is given twice" },
  },
  {
    name: "query: two of a oneof",
    url: "/v1/books?orderBy=x&newestFirst=true",
    status: 400,
    answers: { error: "newestFirst cannot be given together with orderBy" },
  },
  {
    name: "query: a map",
    url: "/v1/books?labels=x",
    status: 400,
    answers: { error: "labels cannot be given in the query" },
  },
  {
    name: "query: a whole message",
    url: "/v1/books?author=x",
    status: 400,
    answers: { error: "author cannot be given in the query" },
  },
  { name: "query: past a scalar", url: "/v1/books?pageSize.x=1", status: 400 },
  { name: "query: broken encoding", url: "/v1/books?pageSize=%zz", status: 400 },
  {
    name: "query: a rule of the contract",
    url: "/v1/books?pageSize=101",
    status: 400,
    answers: { error: "pageSize must be greater than or equal to 0 and less than or equal to 100" },
  },
  {
    name: "query: what the path gives already",
    url: "/v1/books/emma?name=x",
    status: 400,
    answers: { error: "name cannot be given in the query as well" },
  },
  {
    name: "query: refused where the body takes all",
    method: "POST",
    url: "/v1/books/emma:publish?x=1",
    status: 400,
    answers: { error: "x is not a known query parameter" },
  },

  {
    name: "body of one field, the rest in path and query",
    method: "POST",
    url: "/v1/shelves/3/books?dryRun=true",
    body: { name: "Emma" },
    status: 201,
    sees: { shelfId: "3", dryRun: true, book: { name: "Emma" } },
  },
  {
    name: "body: required and missing",
    method: "POST",
    url: "/v1/shelves/3/books",
    status: 400,
    answers: { error: "book is required" },
  },
  {
    name: "body: violations in the edge's names",
    method: "POST",
    url: "/v1/shelves/0/books",
    body: { name: "Emma", contactEmail: "x" },
    status: 400,
    answers: { error: "shelfId must be greater than 0; book.contactEmail must be a valid email address" },
  },
  {
    name: "path: type error",
    method: "POST",
    url: "/v1/shelves/abc/books",
    body: { name: "Emma" },
    status: 400,
    answers: { error: 'shelfId must be an integer, got "abc"' },
  },
  { name: "path: out of range", method: "PUT", url: "/v1/books/2147483648", body: {}, status: 400 },
  {
    name: "the path wins over the body",
    method: "PUT",
    url: "/v1/books/5",
    body: { id: 6, name: "Emma" },
    status: 200,
    sees: { id: 5, name: "Emma" },
  },
  {
    name: "an empty object where no body is taken",
    method: "POST",
    url: "/v1/books/emma/lend",
    body: {},
    status: 200,
    sees: { name: "emma" },
  },
  {
    name: "content where no body is taken",
    method: "POST",
    url: "/v1/books/emma/lend",
    body: { days: 3 },
    status: 400,
    answers: { error: "this request takes no body: leave it out" },
  },
  {
    name: "response_body picks one field",
    url: "/v1/books",
    status: 200,
    answers: [
      { id: 1, name: "", genre: "GENRE_UNSPECIFIED", soldCopies: "0" },
      { id: 2, name: "", genre: "GENRE_UNSPECIFIED", soldCopies: "0" },
    ],
  },
];

describe("HTTP rules", () => {
  test.each(CASES)("$name", async ({ method = "GET", url, body, headers, status, answers, sees, allow }) => {
    const { gateway, calls } = openLibrary();
    const response = await gateway.inject({
      method: method as "GET",
      url,
      headers: headers ?? {},
      ...(body !== undefined && { payload: body as object }),
    });
    expect({ status: response.statusCode, body: response.body }).toMatchObject({ status });
    if (answers !== undefined) expect(response.json()).toEqual(answers);
    if (allow !== undefined) expect(response.headers.allow).toBe(allow);
    if (sees !== undefined) {
      const call = calls[0];
      expect(call && !call.streaming && toJson(call.operation.descriptor.input, call.message)).toEqual(sees);
    } else if (status >= 400 && status !== 404) expect(calls).toEqual([]);
  });
});
