import type { AnyDesc, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import type { SourceCodeInfo } from "@bufbuild/protobuf/wkt";

/** Where something is declared; lines and columns count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** What can carry options that Parley checks. */
export type Declaration = DescMessage | DescService | DescMethod;

// Field numbers within descriptor.proto, which make up the path of a SourceCodeInfo location.
const FILE_MESSAGE = 4;
const FILE_SERVICE = 6;
const MESSAGE_NESTED = 3;
const SERVICE_METHOD = 2;

/** Where a message, service or method is declared. Needs descriptors with source info. */
export function sourcePlace(declaration: Declaration): SourcePlace {
  const descFile = fileOf(declaration);
  const file = `${descFile.name}.proto`;
  const path = pathOf(declaration);
  const location = descFile.proto.sourceCodeInfo?.location.find((candidate) => samePath(candidate, path));
  const [line, column] = location?.span ?? [];
  return line === undefined || column === undefined ? { file } : { file, line: line + 1, column: column + 1 };
}

function fileOf(declaration: Declaration) {
  return declaration.kind === "rpc" ? declaration.parent.file : declaration.file;
}

function pathOf(declaration: Declaration): readonly number[] {
  switch (declaration.kind) {
    case "rpc":
      return [...pathOf(declaration.parent), SERVICE_METHOD, indexIn(declaration.parent.methods, declaration)];
    case "service":
      return [FILE_SERVICE, indexIn(declaration.file.services, declaration)];
    case "message":
      return declaration.parent
        ? [...pathOf(declaration.parent), MESSAGE_NESTED, nestedIndex(declaration.parent, declaration)]
        : [FILE_MESSAGE, indexIn(declaration.file.messages, declaration)];
  }
}

/** Map entries are nested messages on the wire but not in `nestedMessages`, so the index is taken from the proto. */
function nestedIndex(parent: DescMessage, child: DescMessage): number {
  return parent.proto.nestedType.indexOf(child.proto);
}

function indexIn(siblings: readonly AnyDesc[], desc: AnyDesc): number {
  return siblings.indexOf(desc);
}

function samePath(location: SourceCodeInfo["location"][number], path: readonly number[]): boolean {
  return location.path.length === path.length && location.path.every((part, index) => part === path[index]);
}
