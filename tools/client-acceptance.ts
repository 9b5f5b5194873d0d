/**
 * Runs real clients of Clair v4 against this server: clairctl, and the client module of Quay. Compares what they print with the reports of this
 * program. Needs Go and the Go module proxy; for Quay also Python and PyPI.
 *
 *     npm run acceptance:clients -- --toolkit=DIRECTORY [--quay=DIRECTORY]
 *
 * The proxy lacks `claircore/toolkit`. `--toolkit` names the folder `toolkit` in a clone of claircore. `--quay` names a clone of
 * Quay. Without it, its module is not run.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { V4IndexReport, V4Vulnerability, V4VulnerabilityReport } from '../src/report/clair4/types.ts';
import { buildImage } from '../src/testing/image-builder.ts';
import { type MemoryRegistry, memoryRegistry } from '../src/testing/memory-registry.ts';
import { tar } from '../src/testing/tar-writer.ts';
import { alpineMirror } from '../test/e2e/alpine-mirror.ts';
import { runServer, type ServeProcess } from '../test/e2e/serve-process.ts';
import { output } from './image/run-tool.ts';

/** The release of Clair whose clairctl is built. */
const clairVersion = 'v4.9.0';

const ownCommand = resolve(import.meta.dirname, '../bin/clair');
const cache = resolve(import.meta.dirname, '../.cache/clients');
const [toolkit, quay] = ['toolkit', 'quay'].map((name) =>
  process.argv
    .flatMap((one) => (one.startsWith(`--${name}=`) ? resolve(one.slice(name.length + 3)) : []))
    .at(0),
);
const key = Buffer.from('a key of Quay and Clair').toString('base64');
const installed = ['busybox', 'ssl_client'].map(
  (name) => `C:Q1\nP:${name}\nV:1.36.0-r0\nA:x86_64\no:busybox\n\n`,
);
const image = buildImage({
  compression: 'gzip',
  steps: [
    { tar: tar([{ path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.19.1\n' }]) },
    { tar: tar([{ path: 'lib/apk/db/installed', content: installed.join('') }]) },
  ],
});
const { digest } = image.manifest;
const advisories = { '1.36.1-r0': ['CVE-2026-1'], '1.36.2-r0': ['CVE-2026-2'] };

interface Scene {
  readonly registry: MemoryRegistry;
  /** The name of the image for clients. */
  readonly reference: string;
  readonly server: ServeProcess;
  readonly url: string;
  readonly mirror: string;
}

/** Starts a registry with an image, and a server with advisories on its packages. */
async function startScene(t: TestContext): Promise<Scene> {
  const registry = await memoryRegistry(t);
  registry.push(image);
  registry.intercept = ({ url }, response) => {
    if (url !== '/v2/') return false;
    response.writeHead(200).end('{}');
    return true;
  };
  const mirror = alpineMirror('clients', advisories);
  const server = await runServer(t, ['serve'], {
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_API_V4_PSKKEY: key,
    CLAIR_API_V4_PSKISSUERS: 'quay,clairctl',
    CLAIR_UPDATER_MIRROR: mirror,
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alpine',
    CLAIR_UPDATER_SOURCES_ALPINE_FEEDS: 'v3.19/main,v3.19/community',
    CLAIR_DATABASE_OPTIONS_PATH: ':memory:',
  });
  while ((await fetch(`http://127.0.0.1:${server.ports.health}/ready`)).status !== 200) await setTimeout(50);
  const url = `http://127.0.0.1:${server.ports.api}`;
  return { registry, reference: `${registry.host}/app@${digest}`, server, url, mirror };
}

/** The result of a program. */
interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program while the server of this process answers. */
async function ended(command: string, args: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(command, args);
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([child.stdout, child.stderr].map((one) => one.toArray()));
  const status = child.exitCode ?? (await new Promise<number | null>((done) => child.once('close', done)));
  return {
    status,
    stdout: Buffer.concat(stdout ?? []).toString(),
    stderr: Buffer.concat(stderr ?? []).toString(),
  };
}

/** Builds clairctl and returns its path. */
function builtClairctl(): string {
  const program = join(cache, 'clairctl');
  if (existsSync(program)) return program;
  if (toolkit === undefined) throw new Error('name the folder toolkit of claircore: --toolkit=DIRECTORY');
  const source = join(cache, 'clair');
  mkdirSync(cache, { recursive: true });
  rmSync(source, { recursive: true, force: true });
  process.env['GOFLAGS'] = '-mod=mod';
  const module = `github.com/quay/clair/v4@${clairVersion}`;
  const { Dir } = JSON.parse(output('go', ['mod', 'download', '-json', module], cache).toString()) as {
    readonly Dir: string;
  };
  cpSync(Dir, source, { recursive: true });
  output('chmod', ['-R', 'u+w', source]);
  output('go', ['mod', 'edit', '-replace', `github.com/quay/claircore/toolkit=${toolkit}`], source);
  output('go', ['build', '-o', program, './cmd/clairctl'], source);
  return program;
}

/** Writes the configuration from which clairctl reads the key. */
function writeConfiguration(): string {
  const file = join(cache, 'config.yaml');
  writeFileSync(
    file,
    [
      'http_listen_addr: ":6060"',
      'indexer: {connstring: "host=localhost", migrations: true}',
      'matcher: {connstring: "host=localhost", indexer_addr: "http://localhost:6060/"}',
      'notifier: {connstring: "host=localhost", indexer_addr: "http://localhost:6060/", matcher_addr: "http://localhost:6060/"}',
      `auth: {psk: {key: "${key}", iss: [quay, clairctl]}}`,
      '',
    ].join('\n'),
  );
  return file;
}

/** Returns the findings of a report of Clair v4, one text each. */
function findingsIn({
  packages,
  vulnerabilities,
  package_vulnerabilities: byPackage,
}: V4VulnerabilityReport): string[] {
  return Object.entries(byPackage)
    .flatMap(([id, ids]) =>
      ids.map((one) => {
        const { name, fixed_in_version: fixed } = vulnerabilities[one] as V4Vulnerability;
        return [packages[id]?.name, packages[id]?.version, name, fixed].join(' ');
      }),
    )
    .sort();
}

async function ownFindings({ reference, mirror }: Scene): Promise<string[]> {
  const scan = ['scan', `registry:${reference}`, '--mirror', mirror, '--no-lookups', '--db', ':memory:'];
  const { stdout } = await ended(ownCommand, [...scan, '--format', 'clair-v4']);
  return findingsIn(JSON.parse(stdout) as V4VulnerabilityReport);
}

await test(`clairctl of ${clairVersion} reports, posts and deletes manifests`, async (t) => {
  const scene = await startScene(t);
  const { reference, url, registry } = scene;
  const expected = await ownFindings(scene);
  assert.equal(expected.length, 4);
  const program = builtClairctl();
  const configured = ['--config', writeConfiguration()];

  const posted = await ended(program, [...configured, 'manifest', reference]);
  assert.equal(posted.status, 0, posted.stderr);
  const manifest = JSON.parse(posted.stdout) as {
    readonly hash: string;
    readonly layers: readonly { readonly hash: string }[];
  };
  assert.equal(manifest.hash, digest);
  assert.deepEqual(
    manifest.layers.map((layer) => layer.hash),
    image.layers.map((layer) => layer.digest),
  );

  const report = (...more: readonly string[]): Promise<Ended> =>
    ended(program, [...configured, 'report', '--host', url, ...more, reference]);
  const asJson = await report('--out', 'json');
  assert.equal(asJson.status, 0, asJson.stderr);
  assert.deepEqual(findingsIn(JSON.parse(asJson.stdout) as V4VulnerabilityReport), expected);
  // The image is known now, and its layers can be gone.
  registry.blobs.clear();
  for (const layer of image.layers) registry.putBlob(layer.bytes);
  const asText = await report();
  assert.equal(asText.status, 0, asText.stderr);
  const lines = asText.stdout.trim().split('\n').sort();
  assert.deepEqual(
    lines.map((line) => /found\s+(\S+)\s+(\S+)\s+(\S+)\s+\(fixed: (\S+)\)/.exec(line)?.slice(1).join(' ')),
    expected,
  );
  const asXml = await report('--out', 'xml');
  assert.equal(asXml.status, 0, asXml.stderr);
  assert.ok(['CVE-2026-1', 'CVE-2026-2'].every((id) => asXml.stdout.includes(id)));

  const otherIssuer = await ended(program, [
    ...configured,
    '--issuer',
    'other',
    'report',
    '--host',
    url,
    reference,
  ]);
  assert.equal(otherIssuer.status, 1);
  const deleted = await ended(program, [...configured, 'delete', '--host', url, digest]);
  assert.equal(deleted.status, 0, deleted.stderr);
  const check = await ended(program, [...configured, 'check-config', writeConfiguration()]);
  const own = await ended(ownCommand, ['config', 'check', '--config', writeConfiguration()]);
  assert.equal(check.status, own.status, check.stderr + own.stderr);
  t.diagnostic(`${expected.length} findings by json and text; check-config ends with ${check.status}`);
  t.diagnostic('export-updaters, import-updaters and admin use no server: they are not run');
});

/** Installs what the module imports, and returns the path of Python. */
function installedPython(): string {
  const place = join(cache, 'python');
  const python = join(place, 'bin/python');
  if (existsSync(python)) return python;
  output('python3', ['-m', 'venv', place]);
  const packages = ['requests==2.32.5', 'jsonschema==4.23.0', 'PyJWT==2.10.1', 'six==1.17.0'];
  output(join(place, 'bin/pip'), ['install', '--quiet', ...packages]);
  return python;
}

interface QuayResults {
  readonly state: { readonly state: string };
  readonly index: readonly [report: V4IndexReport, state: string];
  readonly index_report: V4IndexReport;
  readonly vulnerability_report: V4VulnerabilityReport;
  readonly [result: string]: unknown;
}

await test("Quay's client module indexes a manifest, reads its reports and deletes it", {
  skip: quay === undefined && 'name a clone of Quay: --quay=DIRECTORY',
}, async (t) => {
  const scene = await startScene(t);
  const { url, registry } = scene;
  const layers = image.layers.map(({ digest: hash }) => ({
    hash,
    uri: `http://${registry.host}/v2/app/blobs/${hash}`,
    headers: {},
  }));
  const script = resolve(import.meta.dirname, 'clients/quay.py');
  const posted = JSON.stringify({ hash: digest, layers });
  const { status, stdout, stderr } = await ended(installedPython(), [script, quay ?? '', url, key], posted);
  assert.equal(status, 0, stderr);
  const results = JSON.parse(stdout) as QuayResults;
  const [indexed, state] = results.index;
  assert.equal(state, results.state.state);
  assert.deepEqual([indexed.state, indexed.manifest_hash], ['IndexFinished', digest]);
  assert.deepEqual(results.index_report, indexed);
  assert.deepEqual(findingsIn(results.vulnerability_report), await ownFindings(scene));
  const { unknown, bogus, notification, wrongKey, delete: deleted, deleted: after } = results;
  assert.deepEqual(
    { unknown, bogus, notification, wrongKey, deleted, after },
    {
      unknown: null,
      bogus: 'InvalidContentSent',
      notification: null,
      wrongKey: 'APIRequestFailure',
      // Its own table of schemas lacks the deletion, which has happened.
      deleted: 'KeyError',
      after: null,
    },
  );
  t.diagnostic(
    `all responses are valid by its schema; ${findingsIn(results.vulnerability_report).length} findings`,
  );
});
