/** What asks a process to finish its work and end. */
export const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;
