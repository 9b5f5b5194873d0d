import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';
import { trimCharactersEnd } from '../../kit/collections.ts';
import type { ExportTarget } from '../../kit/trace/exporter.ts';
import type { Tracer } from '../../kit/trace/tracer.ts';
import { percentDecode } from '../../kit/untrusted-text.ts';
import type { LayerPool } from '../../layer-pool/layer-pool.ts';
import type { Transport } from '../../plugin/transport.ts';
import type { Store } from '../../store/store.ts';

/** A tracer with the exporter of its spans. */
export interface Tracing extends AsyncDisposable {
  /** Undefined if tracing is off. */
  readonly tracer: Tracer | undefined;
}

/** Starts tracing if an endpoint is set; otherwise returns no tracer and loads no code. */
export async function startTracing(
  target: Omit<ExportTarget, 'onError'> | undefined,
  onError: (message: string) => void,
): Promise<Tracing> {
  if (target === undefined) return { tracer: undefined, [Symbol.asyncDispose]: async () => undefined };
  const { SpanExporter } = await import('../../kit/trace/exporter.ts');
  const { recordingTracer } = await import('../../kit/trace/recording-tracer.ts');
  const exporter = new SpanExporter({ ...target, onError });
  const tracer = recordingTracer((span) => {
    exporter.add(span);
  });
  return { tracer, [Symbol.asyncDispose]: () => exporter[Symbol.asyncDispose]() };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the export target of the configuration, or else of OpenTelemetry's variables. Throws `config-invalid`. */
export function exportTarget(
  { endpoint, servicename, headers }: Config['tracing'],
  env: Environment,
): Omit<ExportTarget, 'onError'> | undefined {
  const url = endpoint === '' ? endpointIn(env) : tracesBelow(endpoint);
  if (url === undefined) return undefined;
  if (!URL.canParse(url)) throw new ClairError('config-invalid', 'the endpoint of traces is not a URL');
  if (headers.split(',').some((pair) => pair.trim() !== '' && headerOf(pair) === undefined))
    throw new ClairError('config-invalid', 'tracing.headers takes name=value, separated by commas');
  return {
    url,
    headers: headersIn(headers || (env['OTEL_EXPORTER_OTLP_HEADERS'] ?? '')),
    resource: { 'service.name': servicename || env['OTEL_SERVICE_NAME'] || 'clair' },
  };
}

/** Returns the endpoint of the environment. `OTEL_EXPORTER_OTLP_ENDPOINT` is a base URL (opentelemetry.io/docs/specs/otel/protocol/exporter). */
function endpointIn(env: Environment): string | undefined {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined;
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole, OTEL_EXPORTER_OTLP_ENDPOINT: base } = env;
  if (whole) return whole;
  return base ? tracesBelow(base) : undefined;
}

function tracesBelow(base: string): string {
  return `${trimCharactersEnd(base, '/')}/v1/traces`;
}

/** Parses `name=value,…`, percent-encoded as in W3C Baggage. */
function headersIn(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((pair) => {
    const [name, value = ''] = headerOf(pair) ?? [];
    return name === undefined ? [] : [[name.toLowerCase(), percentDecode(value) ?? value] as const];
  });
  return Object.fromEntries(pairs);
}

/** Returns name and value of `name=value`; undefined for other texts. */
function headerOf(pair: string): readonly [name: string, value: string] | undefined {
  const equals = pair.indexOf('=');
  if (equals < 0) return undefined;
  const [name, value] = [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
  return /^\S+$/.test(name) && !/[\r\n]/.test(value) ? [name, value] : undefined;
}

/** Returns a store that records a span for each match. */
export function tracedStore(store: Store, tracer: Tracer | undefined): Store {
  if (tracer === undefined) return store;
  const matches: Store['images']['findMatches'] = (...of) =>
    tracer.span({ name: 'match' }, () => store.images.findMatches(...of));
  return { ...store, images: { ...store.images, findMatches: matches } };
}

/** Returns a pool that records a span for each layer, including the wait for a thread. */
export function tracedPool(pool: LayerPool, tracer: Tracer | undefined): LayerPool {
  if (tracer === undefined) return pool;
  const reader: LayerPool['reader'] = (analyzers) => {
    const read = pool.reader(analyzers);
    return (source, options) =>
      tracer.span({ name: 'layer read', attributes: { 'clair.layer.format': source.format } }, () =>
        read(source, options),
      );
  };
  return { reader, load: () => pool.load(), [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose]() };
}

/** Returns a transport that records a span for each delivery. */
export function tracedTransport(transport: Transport, tracer: Tracer | undefined): Transport {
  if (tracer === undefined) return transport;
  return {
    ...transport,
    deliver: (notice, signal) => {
      const attributes = { 'clair.transport': transport.name, 'clair.notification': notice.name };
      return tracer.span({ name: 'notification delivery', kind: 'client', attributes }, () =>
        transport.deliver(notice, signal),
      );
    },
  };
}
