/** What is said of a span, under the names of OpenTelemetry's semantic conventions where there are such. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A piece of work about to be done. */
export interface SpanStart {
  readonly name: string;
  /** Whether it was asked for by somebody else, or asks somebody else. */
  readonly kind?: 'server' | 'client';
  readonly attributes?: SpanAttributes;
  /** A `traceparent` header (W3C Trace Context): whose trace this belongs to. */
  readonly parent?: string | undefined;
}

/** Follows work through the parts of a server. */
export interface Tracer {
  /** Does work, and tells how long it took and whether it failed. Work that it does in turn belongs to it. */
  span<T>(start: SpanStart, work: () => Promise<T>): Promise<T>;
  /** Says more of the span under way, and why it failed where it did without throwing. */
  annotate(attributes: SpanAttributes, failure?: string): void;
  /** The id of the trace of the span under way; undefined if nothing is recorded. */
  traceId(): string | undefined;
}

/** Does the work and tells nobody. */
export const noopTracer: Tracer = {
  span: (_, work) => work(),
  annotate: () => undefined,
  traceId: () => undefined,
};

/** Of versions to come, only what the first one says is read (w3.org/TR/trace-context). */
const traceparent = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-|$)/;

/** The span that a `traceparent` header names; undefined if the header is missing or malformed. */
export function parseTraceparent(
  header: string | undefined,
): { readonly traceId: string; readonly spanId: string; readonly isSampled: boolean } | undefined {
  const [, traceId, spanId, flags = ''] = traceparent.exec(header ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
