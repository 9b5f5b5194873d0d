import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';
import { percentDecode } from '../../kit/percent-decode.ts';
import type { ExportTarget } from '../../kit/trace/exporter.ts';
import { noopTracer, type Tracer } from '../../kit/trace/tracer.ts';
import { trimCharactersEnd } from '../../kit/trim-characters.ts';
import type { LayerPool } from '../../layer-pool/layer-pool.ts';
import type { Transport } from '../../plugin/transport.ts';
import type { Store } from '../../store/store.ts';

/** A tracer, and what sends its spans. */
export interface Tracing extends AsyncDisposable {
  readonly tracer: Tracer;
}

/** Follows what a server does where an endpoint is set; without one, nothing of it is even loaded. */
export async function startTracing(
  target: Omit<ExportTarget, 'onError'> | undefined,
  onError: (message: string) => void,
): Promise<Tracing> {
  if (target === undefined) return { tracer: noopTracer, [Symbol.asyncDispose]: async () => undefined };
  const { SpanExporter } = await import('../../kit/trace/exporter.ts');
  const { recordingTracer } = await import('../../kit/trace/recording-tracer.ts');
  const exporter = new SpanExporter({ ...target, onError });
  const tracer = recordingTracer((span) => {
    exporter.add(span);
  });
  return { tracer, [Symbol.asyncDispose]: () => exporter[Symbol.asyncDispose]() };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the configuration, else OpenTelemetry's variables, send spans. Throws `config-invalid`. */
export function exportTarget(
  { endpoint, servicename, headers }: Config['tracing'],
  env: Environment,
): Omit<ExportTarget, 'onError'> | undefined {
  const url = endpoint === '' ? endpointIn(env) : tracesBelow(endpoint);
  if (url === undefined) return undefined;
  if (!URL.canParse(url))
    throw new ClairError('config-invalid', 'the endpoint that traces are sent to is no URL');
  if (headers.split(',').some((pair) => pair.trim() !== '' && headerOf(pair) === undefined))
    throw new ClairError('config-invalid', 'tracing.headers takes name=value, separated by commas');
  return {
    url,
    headers: headersIn(headers || (env['OTEL_EXPORTER_OTLP_HEADERS'] ?? '')),
    resource: { 'service.name': servicename || env['OTEL_SERVICE_NAME'] || 'clair' },
  };
}

/** The endpoint of all signals is a base, that of traces is whole (opentelemetry.io/docs/specs/otel/protocol/exporter). */
function endpointIn(env: Environment): string | undefined {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined;
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole, OTEL_EXPORTER_OTLP_ENDPOINT: base } = env;
  if (whole) return whole;
  return base ? tracesBelow(base) : undefined;
}

function tracesBelow(base: string): string {
  return `${trimCharactersEnd(base, '/')}/v1/traces`;
}

/** `name=value,…`, percent-encoded as baggage is. */
function headersIn(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((pair) => {
    const [name, value = ''] = headerOf(pair) ?? [];
    return name === undefined ? [] : [[name.toLowerCase(), percentDecode(value) ?? value] as const];
  });
  return Object.fromEntries(pairs);
}

/** The name and value of `name=value`; undefined for anything else. */
function headerOf(pair: string): readonly [name: string, value: string] | undefined {
  const equals = pair.indexOf('=');
  if (equals < 0) return undefined;
  const [name, value] = [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
  return /^\S+$/.test(name) && !/[\r\n]/.test(value) ? [name, value] : undefined;
}

/** A store whose matches are followed. */
export function tracedStore(store: Store, tracer: Tracer): Store {
  if (tracer === noopTracer) return store;
  const matches: Store['images']['findMatches'] = (...of) =>
    tracer.span({ name: 'match' }, () => store.images.findMatches(...of));
  return { ...store, images: { ...store.images, findMatches: matches } };
}

/** A pool whose layers are followed, from waiting for a thread to having been read. */
export function tracedPool(pool: LayerPool, tracer: Tracer): LayerPool {
  if (tracer === noopTracer) return pool;
  const reader: LayerPool['reader'] = (analyzers) => {
    const read = pool.reader(analyzers);
    return (source, options) =>
      tracer.span({ name: 'layer read', attributes: { 'clair.layer.format': source.format } }, () =>
        read(source, options),
      );
  };
  return { ...pool, read: reader([]), reader };
}

/** A transport whose deliveries are followed. */
export function tracedTransport(transport: Transport, tracer: Tracer): Transport {
  if (tracer === noopTracer) return transport;
  return {
    name: transport.name,
    deliver: (notice, signal) => {
      const attributes = { 'clair.transport': transport.name, 'clair.notification': notice.name };
      return tracer.span({ name: 'notification delivery', kind: 'client', attributes }, () =>
        transport.deliver(notice, signal),
      );
    },
  };
}
