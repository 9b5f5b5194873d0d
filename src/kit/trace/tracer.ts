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
  note(attributes: SpanAttributes, failure?: string): void;
}

/** Does the work and tells nobody. */
export const untraced: Tracer = { span: (_, work) => work(), note: () => undefined };
