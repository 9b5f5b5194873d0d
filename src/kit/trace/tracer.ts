/** Attributes of a span, named by OpenTelemetry's semantic conventions where one exists. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Name, kind and parent of a span that begins. */
export interface SpanStart {
  readonly name: string;
  /** `server` for a received request, `client` for a sent one. */
  readonly kind?: 'server' | 'client';
  readonly attributes?: SpanAttributes;
  /** The `traceparent` header of the caller (W3C Trace Context). */
  readonly parent?: string | undefined;
}

/** Records spans of the work in a server. */
export interface Tracer {
  /** Runs `work` in a span that records its duration and failure. Spans that begin inside become its children. */
  span<T>(start: SpanStart, work: () => Promise<T>): Promise<T>;
  /** Adds attributes to the current span. `failure` marks it as failed without an exception. */
  annotate(attributes: SpanAttributes, failure?: string): void;
  /** The trace id of the current span. Undefined if nothing is recorded. */
  traceId(): string | undefined;
}

/** Of later versions, only the fields of the first version are read (w3.org/TR/trace-context). */
const traceparent = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-|$)/;

/** The span that a `traceparent` header names. Undefined if the header is missing or malformed. */
export function parseTraceparent(
  header: string | undefined,
): { readonly traceId: string; readonly spanId: string; readonly isSampled: boolean } | undefined {
  const [, traceId, spanId, flags = ''] = traceparent.exec(header ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
