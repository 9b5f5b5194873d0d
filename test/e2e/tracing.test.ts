import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { loadConfig } from '../../src/cli/config.ts';
import { startServer } from '../../src/cli/server/start-server.ts';
import { exportTarget } from '../../src/cli/server/tracing.ts';
import { serveHttp } from '../../src/testing/http-server.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { sendRaw } from './replay/conversation.ts';
import { bookworm, dpkgStatus, fixedIn, osRelease, waitUntil } from './v1-client.ts';

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, string>>;
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number };
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

/** Starts a trace collector and records the spans that it receives. */
async function collector(t: TestContext) {
  const exports: Export[] = [];
  const asked: string[] = [];
  const url = await serveHttp(t, (request, response) => {
    const { 'content-type': type, 'x-key': key } = request.headers;
    asked.push(`${request.method} ${request.url} ${type} ${String(key)}`);
    void json(request).then((body) => {
      exports.push(body as Export);
      response.end('{}');
    });
  });
  return { url, exports, asked };
}

function valuesOf(attributes: readonly Attribute[]): Record<string, string | undefined> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const unsampled = '00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

/** Posts a layer and a vulnerability, and reads the results. */
async function exercise(port: number, file: string): Promise<void> {
  const say = async (method: string, path: string, body: object | null, headers = {}) =>
    (await sendRaw(port, { method, path, headers, body: body && JSON.stringify(body) })).status;
  const layer = { Name: 'layer', Path: file, Format: 'Docker' };
  const flaw = { Name: 'CVE-2024-0001', NamespaceName: bookworm, Severity: 'High' };
  const fixed = { ...flaw, FixedIn: fixedIn('curl', '7.2') };
  const flaws = `/v1/namespaces/${bookworm}/vulnerabilities`;
  assert.equal(await say('POST', '/v1/layers', { Layer: layer }, { traceparent }), 201);
  assert.equal(await say('POST', flaws, { Vulnerability: fixed }), 201);
  assert.equal(await say('GET', '/v1/layers/layer?vulnerabilities', null), 200);
  assert.equal(await say('GET', '/v1/namespaces', null, { traceparent: unsampled }), 200);
  assert.equal(await say('GET', '/v1/layers/other', null, { traceparent: 'nonsense' }), 404);
}

function spansOf(exports: readonly Export[]): Span[] {
  return exports.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );
}

function named(name: string, spans: readonly Span[]): Span {
  const found = spans.find((span) => span.name === name);
  assert.ok(found, `${name} among ${spans.map((span) => span.name).join()}`);
  return found;
}

function checkRequests(spans: readonly Span[]): void {
  const posted = named('POST /v1/layers', spans);
  assert.deepEqual([posted.traceId, posted.parentSpanId], traceparent.split('-').slice(1, 3));
  assert.equal(posted.kind, 2);
  assert.equal(valuesOf(posted.attributes)['http.response.status_code'], '201');
  assert.ok(BigInt(posted.endTimeUnixNano) > BigInt(posted.startTimeUnixNano));
  const read = named('layer read', spans);
  assert.deepEqual([read.traceId, read.parentSpanId], [posted.traceId, posted.spanId]);
  assert.equal(valuesOf(read.attributes)['clair.outcome'], 'read');
  const matched = spans.find(
    ({ name, parentSpanId }) =>
      name === 'match' &&
      spans.some(
        (span) =>
          span.spanId === parentSpanId && valuesOf(span.attributes)['url.path'] === '/v1/layers/layer',
      ),
  );
  assert.ok(matched);
  assert.deepEqual(
    spans.filter(({ name }) => name === 'GET /v1/namespaces'),
    [],
  );
  const unknown = spans.filter(({ attributes }) => valuesOf(attributes)['url.path'] === '/v1/layers/other');
  assert.deepEqual(
    unknown.map(({ name, parentSpanId, status }) => [name, parentSpanId, status]),
    [['GET /v1/layers/:name', undefined, {}]],
  );
}

function checkBackground(spans: readonly Span[]): void {
  const update = named('feed update', spans);
  // The mirror does not have this feed.
  assert.deepEqual(valuesOf(update.attributes), {
    'clair.source': 'kev',
    'clair.feed': 'catalogue',
    'clair.outcome': 'absent',
  });
  assert.equal(named('notification delivery', spans).kind, 3);
}

test('exports the spans of a server to a collector as OTLP', async (t) => {
  const { url, exports, asked } = await collector(t);
  const mirror = temporaryDirectory(t);
  const requested: string[] = [];
  const webhook = await serveHttp(t, (request, response) => {
    requested.push(request.url ?? '');
    response.end();
  });
  const file = join(mirror, 'layer.tar');
  writeFileSync(
    file,
    tar([osRelease, { path: 'var/lib/dpkg/status', content: dpkgStatus({ curl: '7.1' }) }]),
  );
  const env = {
    CLAIR_DATABASE_OPTIONS_PATH: join(mirror, 'clair.db'),
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_MIRROR: mirror,
    CLAIR_UPDATER_ENABLEDUPDATERS: 'kev',
    CLAIR_NOTIFIER_HTTP_ENDPOINT: `${webhook}/hook`,
    CLAIR_TRACING_ENDPOINT: url,
    CLAIR_TRACING_HEADERS: 'X-Key=a%20b',
  };
  {
    await using server = await startServer(loadConfig({}, env), { log: pino({ level: 'silent' }) });
    await exercise(server.apiPort, file);
    await waitUntil(() => requested.length > 0);
  }
  assert.ok(asked.length > 0);
  assert.deepEqual(new Set(asked), new Set(['POST /v1/traces application/json a b']));
  assert.deepEqual(valuesOf(exports[0]?.resourceSpans[0]?.resource.attributes ?? []), {
    'service.name': 'clair',
  });
  const spans = spansOf(exports);
  checkRequests(spans);
  checkBackground(spans);
});

test('does not delay requests when the collector is not available', async () => {
  const env = {
    CLAIR_DATABASE_OPTIONS_PATH: ':memory:',
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_INTERVAL: '0',
    CLAIR_TRACING_ENDPOINT: 'http://127.0.0.1:1',
  };
  const warnings: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
  {
    await using server = await startServer(loadConfig({}, env), { log });
    const question = { method: 'GET', path: '/v1/namespaces', headers: {}, body: null };
    assert.equal((await sendRaw(server.apiPort, question)).status, 200);
  }
  assert.equal(warnings.filter((line) => line.includes('failed to export spans')).length, 1);
});

test('uses the variables of OpenTelemetry when the configuration does not set them', () => {
  const nothing = { endpoint: '', servicename: '', headers: '' };
  const target = (env: Record<string, string>, config = nothing) => {
    const found = exportTarget(config, env);
    return found && [found.url, found.resource['service.name'], found.headers];
  };
  const base = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' };
  assert.equal(target({}), undefined);
  assert.deepEqual(target(base), ['http://c:4318/v1/traces', 'clair', {}]);
  assert.deepEqual(
    target({ ...base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://d/x', OTEL_SERVICE_NAME: 's' }),
    ['http://d/x', 's', {}],
  );
  assert.deepEqual(target({ ...base, OTEL_EXPORTER_OTLP_HEADERS: 'A=b%3D,c = d' })?.[2], { a: 'b=', c: 'd' });
  assert.equal(target({ ...base, OTEL_SDK_DISABLED: 'true' }), undefined);
  const config = { endpoint: 'http://e', servicename: 'n', headers: 'k=v' };
  assert.deepEqual(target(base, config), ['http://e/v1/traces', 'n', { k: 'v' }]);
  assert.throws(() => target({}, { ...nothing, endpoint: 'nowhere' }), { code: 'config-invalid' });
});
