import assert from 'node:assert/strict';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { test } from 'node:test';
import { serveHttp } from '../../testing/http-server.ts';
import { SpanExporter } from './exporter.ts';
import type { EndedSpan } from './recording-tracer.ts';

const span: EndedSpan = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: undefined,
  name: 'work',
  kind: undefined,
  startMs: 0,
  endMs: 1,
  attributes: {},
  failure: undefined,
};

/** Exports spans one after another to a collector; the messages about spans that were lost. */
async function exportTo(url: string, count = 1): Promise<string[]> {
  const errors: string[] = [];
  const exporter = new SpanExporter({
    url,
    headers: { authorization: 'Bearer secret', 'x-key': 'secret' },
    resource: {},
    onError: (message) => void errors.push(message),
  });
  for (let i = 0; i < count; i++) {
    exporter.add(span);
    await exporter[Symbol.asyncDispose]();
  }
  return errors;
}

test('sends the headers of the collector nowhere else when it redirects', async (context) => {
  const seen: IncomingHttpHeaders[] = [];
  const other = await serveHttp(context, () => assert.fail('another server is requested'));
  const url = await serveHttp(context, (request, response) => {
    seen.push(request.headers);
    response.writeHead(307, { location: other }).end();
  });
  assert.deepEqual(await exportTo(url), ['1 spans: the collector answers 307']);
  assert.equal(seen[0]?.authorization, 'Bearer secret');
});

test('uses a connection again when the response was read', async (context) => {
  const ports = new Set<number | undefined>();
  const accept: RequestListener = ({ socket }, response) => {
    ports.add(socket.remotePort);
    response.end('{}');
  };
  assert.deepEqual(await exportTo(await serveHttp(context, accept), 3), []);
  assert.equal(ports.size, 1);
});

test('reports why spans are lost when the collector is away', async () => {
  const [message = ''] = await exportTo('http://127.0.0.1:1');
  assert.match(message, /^1 spans: .*ECONNREFUSED/);
});
