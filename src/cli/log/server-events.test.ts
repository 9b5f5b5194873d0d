import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestRecord } from '../../api/http/request-record.ts';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { redact } from '../../kit/redact.ts';
import { loadConfig } from '../config.ts';
import { openLog } from './open-log.ts';
import {
  logIngest,
  logRefusedCertificate,
  logRequest,
  logStrictSources,
  warnOfOpenAccess,
  warnOfOwnKeys,
} from './server-events.ts';

type Line = Readonly<Record<string, unknown>>;

function logging() {
  const lines: Line[] = [];
  const write = (line: string): void => {
    const { time: _, ...rest } = JSON.parse(line) as Line;
    lines.push(rest);
  };
  return { log: openLog({ level: 'debug', format: 'json', redact, write }), lines };
}

const read: RequestRecord = {
  protocol: 'HTTP',
  method: 'GET',
  path: '/v1/layers/a',
  route: 'v1/getLayer',
  status: 200,
  isSuccess: true,
  ms: 1.26,
  bytes: 12,
  client: '10.0.0.1',
  traceId: undefined,
  requestId: undefined,
  token: 'ci',
  refused: undefined,
  isChange: false,
  details: {},
};
const shownRead = {
  protocol: 'HTTP',
  method: 'GET',
  path: '/v1/layers/a',
  route: 'v1/getLayer',
  status: 200,
  bytes: 12,
  client: '10.0.0.1',
  token: 'ci',
  ms: 1.3,
  msg: 'request',
};

test('logs one line at info for each request', () => {
  const { log, lines } = logging();
  logRequest(log, read);
  assert.deepEqual(lines, [{ level: 'info', ...shownRead }]);
});

test('logs requests of monitoring at debug', () => {
  const { log, lines } = logging();
  for (const route of ['health', 'metrics', 'ready', 'status', 'v1/getMetrics', 'v3/getMetrics'])
    logRequest(log, { ...read, route });
  logRequest(log, { ...read, protocol: 'gRPC', route: undefined, path: '/grpc.health.v1.Health/Check' });
  assert.deepEqual(new Set(lines.map(({ level }) => level)), new Set(['debug']));
});

test('logs an audit line when a client certificate is refused', () => {
  const { log, lines } = logging();
  logRefusedCertificate(log, { client: '10.0.0.9', reason: 'no client certificate' });
  assert.deepEqual(lines, [
    {
      level: 'warn',
      audit: true,
      client: '10.0.0.9',
      reason: 'no client certificate',
      msg: 'access refused',
    },
  ]);
});

test('logs an audit line with client and action for a refused token and for a change', () => {
  const { log, lines } = logging();
  logRequest(log, { ...read, status: 401, isSuccess: false, token: undefined, refused: 'unknown token' });
  const change = { ...read, method: 'POST', route: 'v1/postVulnerability', isChange: true };
  const details = { namespace: 'debian:12', vulnerability: 'CVE-2024-0001' };
  logRequest(log, { ...change, status: 201, details });
  logRequest(log, { ...change, status: 400, isSuccess: false, details });
  const where = { method: 'GET', path: '/v1/layers/a', client: '10.0.0.1' };
  assert.deepEqual(
    lines.filter(({ audit }) => audit),
    [
      {
        level: 'warn',
        audit: true,
        ...where,
        route: 'v1/getLayer',
        reason: 'unknown token',
        msg: 'access refused',
      },
      {
        level: 'info',
        audit: true,
        ...where,
        method: 'POST',
        token: 'ci',
        route: 'v1/postVulnerability',
        ...details,
        msg: 'change made',
      },
    ],
  );
  assert.equal(lines.length, 5);
});

test('logs the content of a posted layer, or the error', () => {
  const { log, lines } = logging();
  const content = { digest: 'sha256:a', namespace: 'debian:12', packages: 96 };
  logIngest(log, { kind: 'layer', name: 'x', ms: 12.4, content });
  logIngest(log, { kind: 'layer', name: 'x', ms: 0.2 });
  logIngest(log, {
    kind: 'ancestry',
    name: 'y',
    ms: 3,
    error: new ClairError('layer-not-found', 'no layer'),
  });
  assert.deepEqual(lines, [
    {
      level: 'info',
      layer: 'x',
      ms: 12,
      digest: 'sha256:a',
      namespace: 'debian:12',
      features: 96,
      msg: 'layer read',
    },
    { level: 'info', layer: 'x', ms: 0, msg: 'layer already known' },
    { level: 'warn', ancestry: 'y', ms: 3, error: 'no layer', msg: 'ancestry ingest failed' },
  ]);
});

test('cuts long texts of clients', () => {
  const { log, lines } = logging();
  logIngest(log, { kind: 'layer', name: 'x'.repeat(100_000), ms: 1 });
  assert.equal(String(lines[0]?.['layer']).length, limits.logTextCharacters + 1);
});

test('warns only when the server is open to every client', () => {
  const { log, lines } = logging();
  const open = { host: undefined, port: 6060, hasTokens: false, asksForCertificates: false };
  warnOfOpenAccess(log, { ...open, hasTokens: true });
  warnOfOpenAccess(log, { ...open, asksForCertificates: true });
  assert.deepEqual(lines, []);
  warnOfOpenAccess(log, open);
  const [{ level, address, msg } = assert.fail('nothing is announced')] = lines;
  assert.deepEqual([level, address], ['warn', '*:6060']);
  assert.match(String(msg), /listens on all addresses without tokens.*Set api\.tokens .*api\.addr/);
});

test('warns that auto means strict, and logs at info when networks or directories are listed', () => {
  const { log, lines } = logging();
  logStrictSources(log, { host: undefined, networks: [], directories: [] });
  logStrictSources(log, { host: '10.0.0.1', networks: ['10.0.0.0/8'], directories: [] });
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['warn', 'info'],
  );
  assert.match(
    String(lines[0]?.['msg']),
    /listens on all addresses: auto means strict.*worker\.sources\.networks/,
  );
  assert.match(String(lines[1]?.['msg']), /listens on 10\.0\.0\.1/);
});

test('warns of keys that servers on one database do not share', () => {
  const sum = 'a'.repeat(64);
  const key = Buffer.alloc(32, 7).toString('base64');
  const postgres = { CLAIR_DATABASE_TYPE: 'pgsql', CLAIR_DATABASE_OPTIONS_SOURCE: 'postgresql:///clair' };
  const withTokens = { ...postgres, CLAIR_API_TOKENS: `read:${sum}:ci` };
  const warnings = (env: Readonly<Record<string, string>>): unknown[] => {
    const { log, lines } = logging();
    warnOfOwnKeys(log, loadConfig({}, env));
    return lines.map(({ level, msg }) => `${String(level)} ${String(msg).split(' ', 1)[0]}`);
  };
  const [pages, sessions] = ['warn api.paginationkey', 'warn api.session.key'];
  assert.deepEqual(warnings({ CLAIR_API_TOKENS: `read:${sum}:ci` }), []);
  assert.deepEqual(warnings(withTokens), [pages, sessions]);
  assert.deepEqual(warnings({ ...withTokens, CLAIR_API_PAGINATIONKEY: key }), [sessions]);
  assert.deepEqual(warnings({ ...withTokens, CLAIR_API_SESSION_KEY: key }), [pages]);
  assert.deepEqual(warnings({ ...withTokens, CLAIR_API_APIS: 'v1,native' }), [pages]);
  assert.deepEqual(warnings(postgres), [pages], 'no client signs in');
});
