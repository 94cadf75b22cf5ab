import { createBarePeer } from "../bare-parley.ts";

/** The same, with `node:http2` beneath. */
export const peer = createBarePeer("node");
