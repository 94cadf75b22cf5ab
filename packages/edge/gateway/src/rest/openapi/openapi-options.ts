/** What the generated OpenAPI document says beyond the contract. */
export interface OpenApiOptions {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  /** Who may read `/docs` where the gateway asks for tokens: anyone, or users with a token. Default `public`. */
  readonly access?: "public" | "token";
  /** A serialized FileDescriptorSet with source info: comments in the contract become descriptions. */
  readonly descriptors?: Uint8Array;
}
