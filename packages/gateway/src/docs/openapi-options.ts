/** What the generated OpenAPI document says beyond the contract. */
export interface OpenApiOptions {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  /** A serialized FileDescriptorSet with source info: comments in the contract become descriptions. */
  readonly descriptors?: Uint8Array;
}
