import { constants, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { limits } from '../../core/limits.ts';

type StreamEvent = readonly [
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: readonly string[],
];
type StreamListener = (this: Http2Server, ...event: StreamEvent) => void;

/** Limits of `queueStreams`; those of `limits` by default. */
export interface StreamQueueOptions {
  readonly openMax?: number;
  readonly sliceMs?: number;
}

/**
 * Dispatches the streams of a server to its listeners in slices of time, so that other requests run in between. Streams that were reset
 * before dispatch, and those with too long header lines, start no call. Streams over `openMax` get REFUSED_STREAM, which clients may
 * retry.
 */
export function queueStreams(server: Http2Server, options: StreamQueueOptions = {}): void {
  const { openMax = limits.grpcCalls, sliceMs = limits.grpcSliceMs } = options;
  const listeners = server.listeners('stream') as StreamListener[];
  const waiting: StreamEvent[] = [];
  let open = 0;
  server.removeAllListeners('stream');
  server.on('stream', (...event: StreamEvent) => {
    const [stream] = event;
    // The stream may fail before it is dispatched.
    stream.on('error', ignore);
    if (open >= openMax) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    open++;
    stream.once('close', () => open--);
    if (waiting.push(event) === 1) setImmediate(dispatch);
  });

  function dispatch(): void {
    const end = performance.now() + sliceMs;
    try {
      for (let event = waiting.shift(); event !== undefined; event = nextUntil(end)) dispatchOne(event);
    } finally {
      if (waiting.length > 0) setImmediate(dispatch);
    }
  }

  function nextUntil(end: number): StreamEvent | undefined {
    return performance.now() > end ? undefined : waiting.shift();
  }

  function dispatchOne(event: StreamEvent): void {
    const [stream, , , lines] = event;
    if (!isOpen(stream)) return;
    // HPACK can repeat a header line by one byte, and Node accepts 64 KiB of them.
    if (charactersOf(lines) > limits.requestHeaderBytes)
      stream.respond({ ':status': 431 }, { endStream: true });
    else for (const listener of listeners) listener.call(server, ...event);
  }
}

function charactersOf(lines: readonly string[]): number {
  return lines.reduce((sum, { length }) => sum + length, 0);
}

function isOpen({ aborted, closed, destroyed }: ServerHttp2Stream): boolean {
  return !aborted && !closed && !destroyed;
}

function ignore(): void {
  // The `close` event reports the end of the stream.
}
