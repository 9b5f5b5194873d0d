import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Route } from './route.ts';
import { routerOf } from './router.ts';

const paths = [
  'POST /layers',
  'GET /layers/:name',
  'DELETE /layers/:name',
  'GET /namespaces',
  'GET /namespaces/:namespace/vulnerabilities',
  'POST /namespaces/:namespace/vulnerabilities',
  'GET /namespaces/:namespace/vulnerabilities/:name',
  'PUT /namespaces/:namespace/vulnerabilities/:name',
  'DELETE /namespaces/:namespace/vulnerabilities/:name',
  'GET /namespaces/:namespace/vulnerabilities/:name/fixes',
  'PUT /namespaces/:namespace/vulnerabilities/:name/fixes/:feature',
  'DELETE /namespaces/:namespace/vulnerabilities/:name/fixes/:feature',
  'GET /notifications/:name',
  'DELETE /notifications/:name',
  'GET /metrics',
];

const routes = paths.map((name): Route => {
  const [method = '', path = ''] = name.split(' ');
  return { name, method, path, handle: async () => ({ status: 200 }) };
});

const v1 = routerOf('/v1', routes);

/** Returns the result of routing `GET /v1/…` as one line. */
function destinationOf(request: string): string {
  const [method = '', target = ''] = request.split(' ');
  const match = v1(method, target);
  if (match === undefined) return 'elsewhere';
  if (match.kind === 'route') return `${match.route.name} ${JSON.stringify(Object.values(match.params))}`;
  const { status, headers } = match.response;
  return [status, headers?.['Location']].join(' ').trimEnd();
}

suite('routes requests as the recordings of Clair show', () => {
  const cases = {
    'GET /v1/layers/sp%20ace%20%C3%BC': 'GET /layers/:name ["sp ace ü"]',
    'GET /v1/namespaces/debian%3A9/vulnerabilities/CVE-2017-0001':
      'GET /namespaces/:namespace/vulnerabilities/:name ["debian:9","CVE-2017-0001"]',
    'GET /v1/namespaces//vulnerabilities?limit=1': 'GET /namespaces/:namespace/vulnerabilities [""]',
    'GET /v1/layers': '405',
    'PUT /v1/layers/x': '405',
    'HEAD /v1/layers/alpine310': '405',
    'OPTIONS /v1/layers': '405',
    'PATCH /v1/namespaces/debian:9/vulnerabilities/CVE-2017-0001': '405',
    'POST /v1/namespaces/debian:9/vulnerabilities/CVE-2017-0001/fixes': '405',
    'GET /v1/namespaces/debian:9/vulnerabilities/CVE-2017-0001/fixes/openssl': '405',
    'GET /v1/layers/': '404',
    'GET /v1/layers/a/b': '404',
    'GET /v1/nope': '404',
    'GET /v1': '404',
    'GET /v1/': '404',
    'GET /v1/../v1/namespaces': '404',
    'GET /v1/notifications/?limit=1': '404',
    'GET /v1/notifications': '404',
    'GET /v2/layers/x': 'elsewhere',
    'GET /': 'elsewhere',
    'GET /v1x/namespaces': 'elsewhere',
    'GET //v1/namespaces': 'elsewhere',
    'GET /V1/namespaces': 'elsewhere',
    'GET /metrics': 'elsewhere',
  };
  for (const [request, leads] of Object.entries(cases))
    test(request, () => {
      assert.equal(destinationOf(request), leads);
    });
});

suite('redirects as httprouter 1.3 does, but keeps the prefix', () => {
  const cases = {
    'POST /v1/layers/': '307 /v1/layers',
    'GET /v1//namespaces': '301 /v1/namespaces',
    'GET /v1/namespaces/': '301 /v1/namespaces',
    'GET /v1/metrics/': '301 /v1/metrics',
    'GET /v1/NameSpaces?a=b&c': '301 /v1/namespaces?a=b&c',
    'GET /v1/layers/../namespaces': '301 /v1/namespaces',
    'GET /v1/./layers//Name/': '301 /v1/layers/Name',
    'GET /v1/Layers/Name': '301 /v1/layers/Name',
    'DELETE /v1/layers/x/': '307 /v1/layers/x',
    'PUT /v1/layers/x/': '404',
    'HEAD /v1/namespaces/': '404',
    'GET /v1/namespaces/debian%3A9/vulnerabilities/': '301 /v1/namespaces/debian:9/vulnerabilities',
    'GET /v1/namespaces/sp%20%3Cb%3E%25!/vulnerabilities/':
      '301 /v1/namespaces/sp%20%3Cb%3E%25%21/vulnerabilities',
  };
  for (const [request, leads] of Object.entries(cases))
    test(request, () => {
      assert.equal(destinationOf(request), leads);
    });
});

test('treats a percent-encoded slash as part of the name', () => {
  assert.equal(destinationOf('GET /v1/layers/a%2Fb'), 'GET /layers/:name ["a/b"]');
  assert.equal(destinationOf('GET /v1/layers/a%2Fb/'), '301 /v1/layers/a%2Fb');
});

test('decodes a name with replacement characters when it is not UTF-8, and refuses an incomplete escape', () => {
  assert.equal(destinationOf('GET /v1/layers/a%FF'), 'GET /layers/:name ["a\ufffd"]');
  assert.equal(destinationOf('GET /v1/layers/a%F'), '400');
});

test('returns the parameters of the query', () => {
  const match = v1('GET', '/v1/namespaces?limit=&page=a%3D&x');
  assert.deepEqual(match?.kind === 'route' && [...match.query], [
    ['limit', ''],
    ['page', 'a='],
    ['x', ''],
  ]);
});

test('responds as Go does when no route matches', () => {
  const responseTo = (method: string, target: string): unknown => {
    const match = v1(method, target);
    return match?.kind === 'answer' && match.response;
  };
  const text = { headers: { 'X-Content-Type-Options': 'nosniff' }, contentType: 'text/plain; charset=utf-8' };
  assert.deepEqual(responseTo('GET', '/v1/nope'), { ...text, status: 404, text: '404 page not found\n' });
  assert.deepEqual(responseTo('PUT', '/v1/layers'), { ...text, status: 405, text: 'Method Not Allowed\n' });
  assert.deepEqual(responseTo('POST', '/v1/layers/'), { status: 307, headers: { Location: '/v1/layers' } });
  assert.deepEqual(responseTo('GET', '/v1/namespaces/?a="<\'>&\x80'), {
    status: 301,
    headers: { Location: '/v1/namespaces?a="<\'>&%80' },
    contentType: 'text/html; charset=utf-8',
    text: '<a href="/v1/namespaces?a=&#34;&lt;&#39;&gt;&amp;%80">Moved Permanently</a>.\n\n',
  });
});
