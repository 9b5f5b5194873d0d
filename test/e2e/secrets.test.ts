import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig, settings } from '../../src/cli/config.ts';
import { isSetting, isSettingsTable, type SettingsSection } from '../../src/core/setting.ts';
import { serveHttp } from '../../src/testing/http-server.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, inCheckout } from './clair.ts';
import { sendRaw } from './replay/conversation.ts';
import { runServer } from './serve-process.ts';
import { bookworm, dpkgStatus, fixedIn, osRelease } from './v1-client.ts';

const bearer = 'planted-bearer';
const sum = createHash('sha256').update(bearer).digest('hex');
const key = (letter: string): string => Buffer.alloc(32, `planted-${letter}`).toString('base64');
const keys = [key('a'), key('b'), key('c'), key('d'), key('e')] as const;

/** Texts that must not appear anywhere. */
const planted = [/planted/, ...[sum, ...keys].map((text) => new RegExp(text.replace(/[+/=]/g, '.')))];

/** A configuration with a secret in every setting that may contain one. */
function configuration(url: string, database: string): object {
  const proxy = url.replace('//', '//user:planted-proxy@');
  return {
    database: { options: { path: database, paginationkey: keys[0] } },
    api: {
      ...{ addr: '127.0.0.1:0', healthaddr: '127.0.0.1:0' },
      ...{ tokens: [`admin:${sum}:boss`], paginationkey: keys[1] },
      session: { key: keys[4] },
      publicurl: 'https://127.0.0.1:1',
      oidc: {
        ...{ issuer: 'https://127.0.0.1:1', clientid: 'clair', clientsecret: 'planted-client-secret' },
        grants: { all: { values: ['*'] } },
      },
      v4: { pskkey: keys[2], pskissuers: ['quay'] },
      harbor: { registries: ['harbor.example'], key: keys[3] },
    },
    registries: {
      main: {
        ...{ host: '127.0.0.1:1', kind: 'quay', namespaces: ['acme'] },
        ...{ apitoken: 'planted-quay', secret: 'planted-webhook-secret' },
      },
    },
    extracts: {
      ...{ keep: 's3', endpoint: url, bucket: 'extracts' },
      ...{ accesskey: 'account', secretkey: 'planted-secret-key' },
    },
    cell: 'north',
    cells: { north: { url, token: 'planted-cell' } },
    updater: {
      ...{ enabledupdaters: ['debian'], mirror: `${proxy}/mirror` },
      sources: { alpine: { mirror: `${proxy}/own` } },
    },
    notifier: {
      http: { endpoint: `${url}/planted-endpoint?key=planted`, proxy, secret: 'planted-secret' },
      clair4: {
        endpoint: `${url}/planted-hook?key=planted`,
        callback: 'http://127.0.0.1:1/',
        ...{ headers: 'x-key=planted-hook-header', pskkey: keys[2], proxy },
      },
      amqp: { uris: ['amqp://user:planted-broker@127.0.0.1:1/'], routingkey: 'key', direct: true },
      stomp: {
        ...{ uris: ['127.0.0.1:1'], destination: '/queue/x', direct: true },
        ...{ login: 'user', passcode: 'planted-passcode' },
      },
      slack: { endpoint: 'https://127.0.0.1:1/services/planted-slack', proxy },
      email: {
        ...{ server: '127.0.0.1:1', user: 'clair', password: 'planted-mail-password' },
        ...{ from: 'clair@acme.example', to: ['team@acme.example'] },
      },
      teams: { endpoint: 'https://127.0.0.1:1/invoke?sig=planted-teams', proxy },
    },
    tracing: { endpoint: url.replace('//', '//user:planted-trace@'), headers: 'x-key=planted-header' },
  };
}

test('shows no secret of the configuration or of a request in log, status, metrics, printed configuration or export', async (t) => {
  const directory = temporaryDirectory(t);
  const at = (name: string): string => join(directory, name);
  const url = await serveHttp(t, (_, response) => response.writeHead(403).end('planted-answer'));
  writeFileSync(at('config.json'), JSON.stringify({ clair: configuration(url, at('clair.db')) }));
  const empty = unsetSecrets(loadConfig({ config: at('config.json') }, {}), settings, '');
  assert.deepEqual(
    empty,
    ['database.options.source', 'database.options.replicasource'],
    'every other secret is planted',
  );

  const server = await runServer(t, ['serve', '--config', at('config.json'), '--log-level', 'trace']);
  const outputs = [await exercise(server.ports.api, url, at('layer.tar'))];
  await server.logged('feed update failed');
  await server.logged('notification delivery failed', 'webhook');
  for (const path of ['/status', '/metrics'])
    outputs.push((await sendRaw(server.ports.health, { method: 'GET', path, headers: {}, body: null })).body);
  await server.end();
  outputs.push(...server.written());
  for (const message of ['failed to export spans', 'access refused', 'layer read', 'change made'])
    await server.logged(message);
  for (const command of [
    ['config', 'print', '--config', at('config.json')],
    ['config', 'check', '--config', at('config.json')],
    ['db', 'status', '--db', at('clair.db')],
  ]) {
    const { status, stdout, stderr } = clair(command);
    assert.equal(status, 0, stderr);
    outputs.push(stdout, stderr);
  }
  for (const output of outputs) for (const secret of planted) assert.doesNotMatch(output, secret);
});

test('shows no database password when the database cannot be reached', async (t) => {
  const file = join(temporaryDirectory(t), 'config.json');
  const source = 'postgresql://clair:planted-password@127.0.0.1:1/clair';
  const database = { type: 'pgsql', options: { source } };
  writeFileSync(file, JSON.stringify({ clair: { database } }));
  const runs = [clair(['config', 'print', '--config', file]), clair(['db', 'status', '--db', source])];
  assert.deepEqual(
    runs.map(({ status }) => status),
    [0, 3],
  );
  for (const { stdout, stderr } of runs) assert.doesNotMatch(stdout + stderr, /planted/);
  const written = await writtenUntil(t, ['serve', '--config', file], 'database unavailable at the start');
  assert.doesNotMatch(written, /planted/);
});

/** Runs a command until it writes a text to standard error, and stops it. Returns all that it wrote there. */
async function writtenUntil(t: TestContext, args: readonly string[], end: string): Promise<string> {
  const child = spawn(inCheckout('bin/clair'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let written = '';
  for await (const chunk of child.stderr.setEncoding('utf8')) {
    written += String(chunk);
    if (written.includes(end)) child.kill('SIGTERM');
  }
  assert.match(written, new RegExp(end));
  return written;
}

/** Posts layers and a vulnerability with secrets in URLs and headers. Returns the error messages. */
async function exercise(port: number, url: string, layer: string): Promise<string> {
  const say = async (method: string, path: string, body: object, token = bearer) => {
    const headers = { Authorization: `Bearer ${token}` };
    return await sendRaw(port, { method, path, headers, body: JSON.stringify(body) });
  };
  const status = dpkgStatus({ curl: '7.1' });
  writeFileSync(layer, tar([osRelease, { path: 'var/lib/dpkg/status', content: status }]));
  const remote = `${url.replace('//', '//user:planted-layer@')}/blob?token=planted`;
  const headers = { Authorization: 'Bearer planted-layer-header' };
  const refused = await say('POST', '/v1/layers', {
    Layer: { Name: 'remote', Path: remote, Format: 'Docker', Headers: headers },
  });
  assert.equal(refused.status, 400);
  const posted = await say('POST', '/v1/layers', { Layer: { Name: 'shop', Path: layer, Format: 'Docker' } });
  assert.equal(posted.status, 201, posted.body);
  const flaw = {
    Name: 'CVE-2026-1',
    NamespaceName: bookworm,
    Severity: 'High',
    FixedIn: fixedIn('curl', '9'),
  };
  const written = await say('POST', `/v1/namespaces/${bookworm}/vulnerabilities`, { Vulnerability: flaw });
  assert.equal(written.status, 201, written.body);
  assert.equal((await say('GET', '/v1/namespaces?page=planted', {}, 'planted-wrong')).status, 401);
  return refused.body;
}

/** Returns the secret settings that a configuration leaves empty. */
function unsetSecrets(values: object, section: SettingsSection, path: string): string[] {
  return Object.entries(section).flatMap(([name, entry]) => {
    const value: unknown = (values as Record<string, unknown>)[name];
    const isEmpty = value === '' || (Array.isArray(value) && value.length === 0);
    if (isSetting(entry)) return entry.isSecret && isEmpty ? [`${path}${name}`] : [];
    return isSettingsTable(entry) ? [] : unsetSecrets(value as object, entry, `${path}${name}.`);
  });
}
