import type { EndedSpan } from './recording-tracer.ts';
import type { SpanAttributes } from './tracer.ts';

/** Encodes spans as OTLP 1 in JSON (opentelemetry.io/docs/specs/otlp, `ExportTraceServiceRequest`). */
export function otlpJson(spans: readonly EndedSpan[], resource: SpanAttributes): string {
  const scopeSpans = [{ scope: { name: 'clair' }, spans: spans.map(spanOf) }];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: keyValues(resource) }, scopeSpans }] });
}

/** `SPAN_KIND_…` */
const internal = 1;
const kinds = { server: 2, client: 3 } as const;

/** `STATUS_CODE_ERROR` */
const failed = 2;

function spanOf(span: EndedSpan): object {
  const { traceId, spanId, parentSpanId, name, kind, failure } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    kind: kind === undefined ? internal : kinds[kind],
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: keyValues(span.attributes),
    status: failure === undefined ? {} : { code: failed, message: failure },
  };
}

/** As a string: JSON numbers are not exact at this size. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

function keyValues(attributes: SpanAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** 64-bit integers are strings in the JSON mapping of protocol buffers. */
function anyValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
