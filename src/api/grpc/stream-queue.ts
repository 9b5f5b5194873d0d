import { constants, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { limits } from '../../core/limits.ts';

type StreamEvent = readonly [
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: readonly string[],
];
type StreamListener = (this: Http2Server, ...event: StreamEvent) => void;

/** Bounds for `queueStreams`; `limits` by default. */
export interface StreamQueueOptions {
  readonly openMax?: number;
  readonly sliceMs?: number;
}

/**
 * Hands the streams of a server to its listeners a slice of time at a time, so that other requests are answered in between. A stream
 * that was reset before its turn costs no call, nor does one with too long header lines. Streams over `openMax` are refused, and a client may
 * try these again.
 */
export function queueStreams(server: Http2Server, options: StreamQueueOptions = {}): void {
  const { openMax = limits.grpcCalls, sliceMs = limits.grpcSliceMs } = options;
  const listeners = server.listeners('stream') as StreamListener[];
  const waiting: StreamEvent[] = [];
  let open = 0;
  server.removeAllListeners('stream');
  server.on('stream', (...event: StreamEvent) => {
    const [stream] = event;
    // It may fail before a listener has it.
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
    // HTTP/2 can repeat a line by a byte, and Node takes 64 KiB of them.
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
  // What closes the stream is noticed by its `close` event.
}
