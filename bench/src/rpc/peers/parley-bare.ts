import { createBarePeer } from "../bare-parley.ts";

/** Parley without log, metrics, trace and validation: what is left is context, deadline, policy and the wire. */
export const peer = createBarePeer("parley");
