import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { builtIn } from '../extensions.ts';
import { openSqliteStore } from '../store/sql/sqlite-store.ts';
import { corpusTest } from '../testing/corpus.ts';
import { operationsOf, responseSchemaOf, sentOpenApiDocument } from '../testing/documented-responses.ts';
import { type JsonSchema, schemaProblems } from '../testing/json-schema.ts';
import { readExchanges } from '../testing/recordings.ts';
import { feedUpdate, record, stream } from '../testing/store-content.ts';
import { alpineLayer, alpineLayerBytes, postOf, startV4Server, v4Manifest } from '../testing/v4-server.ts';
import { feedAndJobStatusSchema } from './health-schemas.ts';
import { describedFleetRoutes } from './http/fleet/routes.ts';
import { describedHarborRoutes } from './http/harbor/descriptions.ts';
import { describedNativeRoutes } from './http/native/routes.ts';
import { describedSessionRoutes } from './http/session/session-routes.ts';
import { v1Descriptions } from './http/v1/descriptions.ts';
import { describedV1Routes } from './http/v1/routes.ts';
import { describedV4Routes } from './http/v4/router.ts';
import { apiOpenApiDocument, openApiRouters } from './openapi-document.ts';

for (const requiresTokens of [false, true]) {
  test(`returns a valid OpenAPI 3.1 document ${requiresTokens ? 'with' : 'without'} tokens`, async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(asJson(apiOpenApiDocument(requiresTokens)));
    assert.equal(valid, true, JSON.stringify(errors));
    assert.equal(validator.version, '3.1');
  });
}

test('describes every route once, and nothing else', () => {
  const { paths } = sentOpenApiDocument(false);
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).flatMap((method) =>
      method === 'servers' ? [] : `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
    ),
  );
  const served = [
    ...[...describedV1Routes(), ...describedNativeRoutes(), ...describedFleetRoutes()],
    ...[...describedV4Routes(), ...describedHarborRoutes(), ...describedSessionRoutes()],
  ].map(({ route, path }) => `${route.method} ${path}`);
  const others = ['/openapi.json', '/health', '/healthz', '/metrics', '/ready', '/readyz', '/status'].map(
    (path) => `GET ${path}`,
  );
  assert.deepEqual(documented.toSorted(), [...served, ...others].toSorted());
  const names = describedV1Routes().map(({ route }) => route.name.replace('v1/', ''));
  assert.deepEqual(Object.keys(v1Descriptions), names);
});

test('states the scopes when tokens are required', () => {
  const scopes = (requiresTokens: boolean): unknown[] => {
    const { paths } = sentOpenApiDocument(requiresTokens);
    return ['/v1/layers post', '/v1/layers/{name} get', '/v1/layers/{name} delete', '/health get'].map(
      (place) => {
        const [path = '', method = ''] = place.split(' ');
        return paths[path]?.[method]?.security;
      },
    );
  };
  const token = (scope: string) => [{ token: [scope] }];
  assert.deepEqual(scopes(true), [token('scan'), token('read'), token('admin'), undefined]);
  assert.deepEqual(scopes(false), [undefined, undefined, undefined, undefined]);
});

test('serves the document at its paths only, and describes the response of /status', async (context) => {
  const matchOf = (target: string) =>
    openApiRouters(false).flatMap((router) => router('GET', target) ?? [])[0];
  const match = matchOf('/openapi.json');
  assert.ok(match?.kind === 'route');
  assert.equal(matchOf('/openapi/v1')?.kind, 'route');
  for (const target of ['/', '/openapi', '/v1/openapi.json', '/openapi.jsons'])
    assert.equal(matchOf(target), undefined, target);
  const store = await openSqliteStore(':memory:');
  context.after(() => store[Symbol.asyncDispose]());
  await store.advisories.apply(feedUpdate(), stream([record('CVE-2024-0001')]));
  await store.jobs.schedule([{ name: 'update debian', kind: 'update', lane: 'feeds' }]);
  const feeds = await store.advisories.findFeedStates();
  const status = asJson({
    feeds: feeds.map((feed) => ({ ...feed, stale: false })),
    jobs: await store.jobs.findAll(),
  });
  assert.deepEqual(schemaProblems(feedAndJobStatusSchema as JsonSchema, status), []);
});

test('describes the responses of the v4 API', async (t) => {
  const { paths } = sentOpenApiDocument(false);
  const operationOf = operationsOf(paths);
  const contents = { '/alpine': alpineLayerBytes };
  const { store, request } = await startV4Server(t, contents, { extensions: builtIn });
  for (const [source, { feeds }] of builtIn.sources.map((one) => [one.name, one] as const))
    for (const feed of feeds) await store.advisories.apply(feedUpdate({ source, feed }), stream([]));
  for (const [method, path, init] of [
    ['GET', '/indexer/api/v1/index_state', {}],
    ['POST', '/indexer/api/v1/index_report', postOf([alpineLayer])],
    ['GET', `/indexer/api/v1/index_report/${v4Manifest}`, {}],
    ['GET', `/matcher/api/v1/vulnerability_report/${v4Manifest}`, {}],
    ['GET', '/matcher/api/v1/internal/update_operation', {}],
    ['GET', `/notifier/api/v1/notification/${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}`, {}],
    ['DELETE', '/indexer/api/v1/index_report', { method: 'DELETE', body: JSON.stringify([v4Manifest]) }],
  ] as const) {
    const response = await request(path, init);
    const operation = operationOf(method, path) ?? assert.fail(path);
    const schema = responseSchemaOf(operation, response.status) ?? assert.fail(`${path}: ${response.status}`);
    assert.deepEqual(schemaProblems(schema, await response.json()), [], path);
  }
});

corpusTest('describes the recorded responses of Clair', () => {
  const { paths, components } = sentOpenApiDocument(false);
  // The checker resolves references as JSON Schema does.
  const asDefinitions = (schema: unknown): JsonSchema =>
    JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/')) as JsonSchema;
  const $defs = asDefinitions(components.schemas) as Readonly<Record<string, JsonSchema>>;
  const operationOf = operationsOf(paths);
  let count = 0;
  for (const name of ['v1-layers', 'v1-vulnerabilities', 'v1-notifications']) {
    for (const { n, method, path, status, response_body: body } of readExchanges(name)) {
      const operation = operationOf(method, path);
      // Recorded bodies are truncated to this length.
      if (operation === undefined || !body?.startsWith('{') || body.length >= 4000) continue;
      const schema = responseSchemaOf(operation, status);
      assert.ok(schema, `${name} #${n}: ${operation.operationId} ${status}`);
      const problems = schemaProblems({ ...asDefinitions(schema), $defs }, JSON.parse(body));
      assert.deepEqual(problems, [], `${name} #${n}`);
      count++;
    }
  }
  assert.ok(count > 200, `${count} responses`);
});

/** Returns the value as sent: without undefined members. */
function asJson(document: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
}
