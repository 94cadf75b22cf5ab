/**
 * Flow control. HTTP/2 begins with 64 KiB for a stream and for a connection, which stalls a 4 MiB message sixty times.
 * 256 KiB a stream is 2 Gbit/s at 1 ms; it also bounds what a slow reader makes us hold. Where a round trip carries more, the
 * window of a stream grows to at most that of its connection.
 */
export const STREAM_WINDOW_BYTES = 256 * 1024;
export const MAX_STREAM_WINDOW_BYTES = 4 * 1024 * 1024;
export const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;
