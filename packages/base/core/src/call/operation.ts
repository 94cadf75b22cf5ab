import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { Operation } from "./call.ts";

const operations = new WeakMap<DescMethod, Operation>();

/** The operation of a method: the same object each time. */
export function operationOf(descriptor: DescMethod): Operation {
  let operation = operations.get(descriptor);
  if (!operation) {
    operation = {
      service: descriptor.parent.typeName,
      method: descriptor.name,
      path: `/${descriptor.parent.typeName}/${descriptor.name}`,
      kind: descriptor.methodKind,
      idempotent: descriptor.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN,
      descriptor,
    };
    operations.set(descriptor, operation);
  }
  return operation;
}

/** The operations of a service, in the order of its contract. */
export function operationsOf(service: DescService): readonly Operation[] {
  return service.methods.map(operationOf);
}
