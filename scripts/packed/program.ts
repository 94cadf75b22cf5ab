/**
 * A small system as a stranger would write it, by path within its folder. It names `parleyjs`, the command and the runtime, and under pnpm a file finds only what
 * its package names.
 */
export const PROGRAM: Readonly<Record<string, string>> = {
  "tsconfig.json": `{
  "compilerOptions": {
    "target": "es2024", "module": "nodenext", "strict": true, "noEmit": true, "allowImportingTsExtensions": true, "skipLibCheck": false
  },
  "include": ["."]
}
`,
  "protos/notes/v1/notes.proto": `syntax = "proto3";
package notes.v1;

import "buf/validate/validate.proto";
import "google/api/annotations.proto";
import "google/protobuf/timestamp.proto";

service NoteService {
  rpc AddNote(AddNoteRequest) returns (AddNoteResponse) {
    option (google.api.http) = { post: "/notes" body: "*" };
  }
}

message AddNoteRequest { string text = 1 [(buf.validate.field).string.min_len = 1]; }
message AddNoteResponse { string text = 1; google.protobuf.Timestamp at = 2; }
message NoteAdded { string text = 1; }
`,
  "events.ts": `import { defineEvent } from "parleyjs";
import { NoteAddedSchema } from "./gen/notes/v1/notes_pb.ts";

export const NoteAdded = defineEvent({ name: "notes.added", schema: NoteAddedSchema });
`,
  "system.ts": `import { defineGateway, defineService, defineSystem } from "parleyjs";
import { timestampNow } from "parleyjs/protobuf/wkt";
import { NoteService } from "./gen/notes/v1/notes_pb.ts";

const notes = defineService({
  name: "note-service",
  port: 0,
  implements: NoteService,
  setup: ({ log }) => ({
    methods: {
      async addNote({ text }) {
        log.info({ length: text.length }, "a note");
        return { text, at: timestampNow() };
      },
    },
  }),
});

export default defineSystem({
  name: "notes",
  services: [notes],
  gateways: [defineGateway({ name: "gateway", port: 0, routes: [NoteService] })],
});
`,
  // The options of a transport take an event's definition as it is.
  "outside.ts": `import type { TransportOptions } from "@parley/transport";
import { nats } from "@parley/transport-nats";
import { NoteAdded } from "./events.ts";

const options: TransportOptions = { url: "nats://localhost:4222", clientName: "outside", topics: [NoteAdded] };
export const open = () => nats().connect(options);
`,
  "main.ts": `import { loadSystem } from "@parley/runtime";
import { startForTest } from "@parley/runtime/testing";
import { NoteService } from "./gen/notes/v1/notes_pb.ts";

await using system = await startForTest(await loadSystem(import.meta.dirname));
const { text } = await system.clientOf(NoteService).addNote({ text: "it runs" });
console.log(text);
`,
};
