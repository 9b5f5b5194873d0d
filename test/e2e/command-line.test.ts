import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Report } from '../../src/model/report.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, clairBeside, inCheckout, type Run, scratch } from './clair.ts';

const image = inCheckout('examples/image.tar');
const mirror = ['--mirror', inCheckout('examples/mirror'), '--db', ':memory:'];

function scan(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  return clair(['scan', image, ...mirror, ...args], env);
}

/** A database with advisories, so that repeated reports are equal. */
const known = ['--db', join(scratch, 'command-line.db'), '--offline'];
clair(['db', 'update', 'alpine', ...mirror.slice(0, 2), ...known.slice(0, 2)]);

function alone(format: string): string {
  return clair(['scan', image, ...known, '--format', format]).stdout;
}

function inScratch(name: string, content?: string): string {
  const path = join(scratch, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
}

function assertUsage(run: Run, message: RegExp): void {
  assert.deepEqual([run.status, run.stdout], [2, ''], run.stderr);
  assert.match(run.stderr, message);
}

test('prefixes every error with clair: and names the help of its command once', () => {
  for (const [args, lines] of [
    [
      ['scan', '--severty', 'high', image],
      ["clair: unknown option '--severty'", '(Did you mean --severity?)', "See 'clair scan --help'."],
    ],
    [
      ['db', 'updat'],
      ["clair: unknown command 'updat'", '(Did you mean update?)', "See 'clair db --help'."],
    ],
    [['affected'], ["clair: missing required argument 'id'", "See 'clair affected --help'."]],
  ] as const)
    assert.equal(clair(args).stderr, `${lines.join('\n')}\n`);
});

test('advises the option or command of clair when one of another scanner is typed', () => {
  for (const [args, advice] of [
    [
      ['scan', image, '--exit-code', '1'],
      'Use --fail-on high: the scan ends with 1 if a finding is High or worse.',
    ],
    [['scan', '--skip-dirs=app', image], 'Use --exclude GLOB, as in --exclude app/vendor.'],
    [['image', '-s', 'HIGH', image], 'Use --severity LEVELS.'],
    [['scan', '--ignore-unfixed', image], 'Use --only-fixed.'],
    [['cves', image], 'Use clair scan.'],
    [['nginx:1.27'], 'To scan it, write clair scan nginx:1.27.'],
  ] as const) {
    const { status, stdout, stderr } = clair(args);
    assert.deepEqual([status, stdout], [2, '']);
    assert.equal(stderr.split('\n')[1], advice);
  }
});

test('says that the image comes first when explain is given the id first', () => {
  const run = clair(['explain', 'CVE-2024-6119', image, ...known]);
  assertUsage(run, /CVE-2024-6119 is not an image: write the image before the id/);
});

test('--sort orders the table, and refuses an order that does not exist', () => {
  const ids = (order: string): string[] =>
    Array.from(scan(['--sort', order]).stdout.matchAll(/ (CVE-\d+-\d+) /g), ([, id = '']) => id);
  assert.deepEqual(ids('vulnerability'), [
    ...['CVE-2023-42364', 'CVE-2023-42365', 'CVE-2024-5535', 'CVE-2024-6119'],
    ...['CVE-2024-9143', 'CVE-2024-31227', 'CVE-2024-31228', 'CVE-2024-31449'],
  ]);
  assert.equal(ids('epss')[0], 'CVE-2024-31449');
  assert.equal(ids('package')[0], 'CVE-2023-42364');
  assertUsage(scan(['--sort', 'danger']), /Orders are risk, severity, epss, package, vulnerability/);
});

test('accepts -f and -o for --format and --output, and image for scan', () => {
  const output = inScratch('short.json');
  const run = clair(['image', image, ...known, '-f', 'json', '-o', output]);
  assert.deepEqual([run.status, run.stdout, run.stderr], [0, '', '']);
  assert.equal(readFileSync(output, 'utf8'), alone('json'));
});

test('prints the versions of clair, Node and the schema with clair version', () => {
  const { stdout } = clair(['version']);
  const [version] = clair(['--version']).stdout.trim().split('\n');
  assert.match(stdout, new RegExp(`^clair ${version}\nnode v24\\.\\S+\ndatabase schema \\d+\n$`));
});

test('writes several reports in one scan, each as in a scan with that format alone', () => {
  const json = inScratch('pair.json');
  const gitlab = inScratch('pair.gitlab.json');
  const pairs = ['-f', 'json', '-o', json, '-f', 'gitlab', '-o', gitlab, '-f', 'junit'];
  const run = clair(['scan', image, ...known, ...pairs]);
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.stdout, alone('junit'));
  assert.equal(readFileSync(json, 'utf8'), alone('json'));
  assert.equal(readFileSync(gitlab, 'utf8'), alone('gitlab'));
});

test('writes several documents in one run with sbom and vex', () => {
  const list = inScratch('pair.cdx.json');
  const sbom = clair(['sbom', image, '--db', ':memory:', '-f', 'cyclonedx', '-o', list, '-f', 'spdx']);
  assert.match(sbom.stdout, /"spdxVersion"/);
  assert.match(readFileSync(list, 'utf8'), /"CycloneDX"/);
  const statement = inScratch('pair.csaf.json');
  const vex = clair(['vex', image, ...mirror, '-f', 'openvex', '-f', 'csaf', '-o', statement]);
  assert.match(vex.stdout, /openvex\.dev/);
  assert.match(readFileSync(statement, 'utf8'), /"csaf_version"/);
});

test('pairs one --output with the only --format, also before it', () => {
  const output = inScratch('before.json');
  assert.equal(scan(['--output', output, '--format', 'json']).status, 0);
  assert.match(readFileSync(output, 'utf8'), /^\{/);
});

test('refuses ambiguous pairs of --format and --output, and writes nothing', () => {
  const [a, b] = [inScratch('unclear-a'), inScratch('unclear-b')];
  assertUsage(scan(['-f', 'json', '-f', 'sarif']), /json and sarif cannot both go to standard output/);
  assertUsage(scan(['-f', 'json', '-o', a, '-o', b]), /unclear-b has no --format before it/);
  assertUsage(scan(['-o', a, '-f', 'json', '-o', b]), /unclear-a has no --format before it/);
  assertUsage(scan(['-f', 'json', '-o', a, '-f', 'html', '-o', a]), /names .*unclear-a twice/);
  assert.deepEqual([existsSync(a), existsSync(b)], [false, false]);
});

test('--severity hides findings from the report, but not from the verdict and --fail-on', () => {
  const run = scan(['--severity', 'critical', '--fail-on', 'unknown']);
  assert.equal(run.status, 1, run.stderr);
  assert.doesNotMatch(run.stdout, /libcrypto3|No findings in/);
  assert.match(run.stdout, /^No findings to show in 10 packages\.$/m);
  assert.match(
    run.stdout,
    /^2 suppressed: not shown, because of --severity critical, though its severity is not known/m,
  );
  assert.match(run.stdout, /^11 suppressed: not shown, because of --severity critical; the verdict/m);
  const report = JSON.parse(scan(['--severity', 'High', '-f', 'json']).stdout) as Report;
  assert.deepEqual([report.matches.length, report.suppressed.length, report.verdict], [1, 12, 'vulnerable']);
  const all = JSON.parse(scan(['--severity', 'unknown', '-f', 'json']).stdout) as Report;
  assert.deepEqual([all.matches.length, all.suppressed.length], [2, 11]);
  assertUsage(scan(['--severity', 'high,hihg']), /Severities are unknown, negligible, low/);
});

test('--quiet prints errors without notes, and --verbose logs each step', () => {
  const rules = inScratch('nothing.yaml', 'ignore:\n  - {id: CVE-1900-1, reason: none}\n');
  assert.match(scan(['--ignore', rules]).stderr, /matches nothing: CVE-1900-1/);
  assert.equal(scan(['--ignore', rules, '-q']).stderr, '');
  assert.match(clair(['scan', '/nowhere.tar', '-q']).stderr, /^clair: .*nowhere/);
  const { stderr } = scan(['-v']);
  assert.match(stderr, /^clair: reading 2 of 2 layers$/m);
  assert.match(stderr, /^clair: reading advisories alpine v3\.20\/main: file:\/\//m);
});

test('prefers an option of the command line, then its variable, then the file of --config', () => {
  const file = inScratch(
    'options.yaml',
    'severity: [unknown, low]\nscan:\n  format: gitlab\n  ignore: [none]\nsbom:\n  format: spdx\n',
  );
  const format = (args: readonly string[], env: Record<string, string> = {}): string => {
    const { stdout } = scan(args, env);
    return (
      /"\$schema".*sarif|"schema": ".*gitlab|^<\?xml|^\{\n {2}"schemaVersion": 1/
        .exec(stdout)?.[0]
        .slice(0, 12) ?? stdout
    );
  };
  const config = ['--config', file];
  assert.match(format(config), /"schema"/);
  assert.match(format(config, { CLAIR_FORMAT: 'junit' }), /<\?xml/);
  assert.match(format([...config, '--format', 'json'], { CLAIR_FORMAT: 'junit' }), /schemaVersion|\{/);
  assert.match(format([], { CLAIR_CONFIG: file, CLAIR_FORMAT: '' }), /"schema"/);
});

test('accepts a variable that only another command reads', () => {
  const { status, stderr } = scan([], { CLAIR_AUTHOR: 'Example Ltd' });
  assert.deepEqual([status, stderr], [0, scan([]).stderr]);
});

test('disables a flag that a variable or a file sets to false', () => {
  const file = inScratch('offline.yaml', 'offline: true\n');
  const isFetched = (env: Record<string, string>): boolean =>
    scan(['--config', file], env).stdout.includes('13 findings');
  assert.deepEqual([isFetched({}), isFetched({ CLAIR_OFFLINE: 'false' })], [false, true]);
  assertUsage(
    scan([], { CLAIR_OFFLINE: 'maybe' }),
    /^clair: CLAIR_OFFLINE has "maybe": write true or false$/m,
  );
  assertUsage(
    scan([], { CLAIR_FAIL_ON: 'hihg' }),
    /^clair: CLAIR_FAIL_ON has "hihg", which --fail-on does not take/,
  );
});

test('refuses a variable that resembles the one of an option, which would disable a gate', () => {
  for (const [variable, meant] of [
    ['CLAIR_FAIL_OM', 'CLAIR_FAIL_ON'],
    ['CLAIR_FAILON', 'CLAIR_FAIL_ON'],
    ['CLAIR_SEVERTIY', 'CLAIR_SEVERITY'],
    ['CLAIR_DBB', 'CLAIR_DB'],
  ] as const)
    assertUsage(
      scan([], { [variable]: 'high' }),
      new RegExp(`^clair: ${variable} names no option: did you mean ${meant}\\?$`, 'm'),
    );
  assertUsage(clair(['db', 'status'], { CLAIR_FAIL_OM: 'high' }), /did you mean CLAIR_FAIL_ON\?/);
});

test('accepts variables of the server, of registries, of other tools and of Kubernetes', () => {
  const env = {
    CLAIR_API_PORT: '7070',
    CLAIR_LOG_FORMAT: 'text',
    CLAIR_REGISTRY_TOKEN: 'a',
    CLAIR_PACKAGE: './clair.tgz',
    CLAIR_OUTPUT: 'High',
    CLAIR_PORT_6060_TCP_PORT: '6060',
    CLAIR_NEW_SINCE: '',
  };
  const run = scan([], env);
  assert.deepEqual([run.status, run.stderr], [0, '']);
});

test('notes a variable that sets no option and resembles none', () => {
  const env = { CLAIR_CI: '1', CLAIR_THE_GATE: 'high' };
  const notes = ['CLAIR_CI', 'CLAIR_THE_GATE'].map(
    (name) => `clair: ${name} sets no option, so it has no effect\n`,
  );
  const run = scan([], env);
  assert.deepEqual([run.status, run.stderr], [0, notes.join('')]);
  assert.equal(scan(['-q'], env).stderr, '');
});

test('refuses an unknown key of an options file with its line and a similar key', () => {
  const file = inScratch(
    'wrong.yaml',
    'fial-on: high\nscan:\n  ouput: x\n  format: [json, html]\n  offline: soon\nserve:\n  config: x\n',
  );
  const run = scan(['--config', file]);
  assertUsage(run, /cannot be used/);
  assert.deepEqual(
    run.stderr
      .split('\n')
      .slice(1, -1)
      .map((line) => line.replaceAll(scratch, '').trim()),
    [
      '/wrong.yaml:1 there is no option "fial-on"; did you mean fail-on?',
      '/wrong.yaml:7 there is no option "serve"; did you mean server?',
      '/wrong.yaml:3 there is no option "ouput" of scan; did you mean output?',
      '/wrong.yaml:4 format takes one value',
      '/wrong.yaml:5 offline takes true or false',
    ],
  );
  assertUsage(
    scan(['--config', inScratch('list.yaml', '- a\n')]),
    /list\.yaml:1 must contain options by name/,
  );
  assertUsage(scan(['--config', '/nowhere.yaml']), /nowhere\.yaml cannot be read/);
});

test('refuses a date of --as-of that does not exist', () => {
  for (const day of ['2026-02-30', '2026-13-01', '2026-06-31T12:00:00Z', '26-01-01']) {
    const run = clair(['scan', 'image.tar', '--as-of', day]);
    assert.equal(run.status, 2, day);
    assert.match(run.stderr, /Write a day such as 2026-01-31/);
  }
});

test('exits with 4 when a scan exceeds --timeout, names the step, and leaves a usable database and no file', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const silent = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const db = inScratch('timeout.db');
  const output = inScratch('timeout.json');
  const begin = Date.now();
  const run = await clairBeside(
    ['scan', image, '--db', db, '--mirror', silent, '--timeout', '4s', '-f', 'json', '-o', output],
    { NO_PROXY: '127.0.0.1' },
  );
  const tookMs = Date.now() - begin;
  server.closeAllConnections();
  server.close();
  assert.deepEqual([run.status, run.stdout], [4, '']);
  assert.match(
    run.stderr,
    /^clair: not finished within 4s, the --timeout; the last step was: fetching advisories alpine v3\.20\/main\n$/,
  );
  assert.ok(tookMs < 15_000, `it took ${tookMs} ms`);
  assert.deepEqual(
    readdirSync(scratch).filter((name) => name.startsWith('timeout.json')),
    [],
  );
  // The lock of the feed was released at the timeout.
  const again = clair(['scan', image, '--db', db, '--mirror', inCheckout('examples/mirror')]);
  assert.match(again.stdout, /13 findings/, again.stderr);
});

test('exits with 4 and without a report when a synchronous command exceeds --timeout', () => {
  const rest = [image, '--db', ':memory:', '--timeout', '1ms'];
  for (const [command, ...options] of [['scan', '--offline'], ['sbom'], ['vex', '--offline']]) {
    const run = clair([command ?? '', ...rest, ...options]);
    assert.deepEqual([run.status, run.stdout], [4, ''], `${command}: ${run.stderr}`);
    assert.match(run.stderr, /^clair: not finished within 1ms, the --timeout/m);
  }
});

test('checks --timeout while it reads a large compressed layer', () => {
  // Compressed zeros are small on disk and take seconds to read: 2 GiB, in gzip members of 64 MiB.
  const zeros = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 1 });
  const header = Buffer.from(tar([{ path: 'zeros', raw: { size: (32 * 64 * 1024 * 1024).toString(8) } }]));
  const path = join(scratch, 'zeros.tar.gz');
  writeFileSync(path, Buffer.concat([gzipSync(header.subarray(0, 512)), ...Array<Buffer>(32).fill(zeros)]));
  const run = clair(['scan', `rootfs-tar:${path}`, '--offline', '--db', ':memory:', '--timeout', '300ms']);
  assert.deepEqual([run.status, run.stdout], [4, ''], run.stderr);
  assert.match(run.stderr, /the last step was: reading 1 of 1 layers$/m);
});

test('ends a credential helper when --timeout ends the command', async () => {
  const server = createServer((_, response) => {
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="shop"' }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const directory = join(scratch, 'helper');
  const pid = join(directory, 'pid');
  mkdirSync(directory);
  const helper = `#!/bin/sh\necho $$ > ${pid}\nexec sleep 300\n`;
  writeFileSync(join(directory, 'docker-credential-slow'), helper, { mode: 0o755 });
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ credHelpers: { [host]: 'slow' } }));
  const env = {
    DOCKER_CONFIG: directory,
    PATH: `${directory}:${process.env['PATH']}`,
    NO_PROXY: '127.0.0.1',
  };
  const reference = `registry:${host}/shop:1`;
  const run = await clairBeside(['scan', reference, '--db', ':memory:', '--timeout', '3s'], env);
  server.closeAllConnections();
  server.close();
  assert.equal(run.status, 4, run.stderr);
  assert.ok(run.stderr.includes(`the last step was: opening ${reference}\n`), run.stderr);
  // Without a process that reaps orphans, an ended one remains as a zombie.
  const state = join('/proc', readFileSync(pid, 'utf8').trim(), 'status');
  assert.ok(!existsSync(state) || /^State:\s+Z/m.test(readFileSync(state, 'utf8')));
});

test('--timeout accepts only durations', () => {
  for (const duration of ['5', 'soon', '0s', '-1s', '600h'])
    assertUsage(scan([`--timeout=${duration}`]), /30s, 5m or 1h30m|24 days/);
  assert.equal(scan(['--timeout', '5m']).status, 0);
});
