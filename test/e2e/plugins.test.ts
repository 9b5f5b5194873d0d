import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { V1Layer } from '../../src/api/http/v1/types.ts';
import type { Report } from '../../src/model/report.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, inCheckout } from './clair.ts';
import { runServer } from './serve-process.ts';
import { dpkgStatus, osRelease, statuses } from './v1-client.ts';

const manifest = {
  path: 'etc/acme/packages.txt',
  content: '# what Acme put here\nrocket 1.9.0\nanvil 3.0.0\nodd\n',
};
const example = (name: string): string => inCheckout(`examples/plugins/${name}`);
const plugins = ['acme-lister.ts', 'acme-advisories.ts'].flatMap((name) => ['--plugin', example(name)]);

test('plugins: scans an image with a lister and advisories of plugins', (t) => {
  const image = join(temporaryDirectory(t), 'rootfs.tar');
  writeFileSync(image, tar([manifest]));
  const args = ['scan', `rootfs-tar:${image}`, '--format', 'json', '--db', `${image}.db`];
  const run = clair([...plugins, ...args]);
  assert.equal(run.status, 0, run.stderr);
  const report = JSON.parse(run.stdout) as Report;
  assert.deepEqual(
    report.packages.map(({ purl, foundBy }) => [purl, foundBy]),
    [
      ['pkg:acme/anvil@3.0.0', 'acme'],
      ['pkg:acme/rocket@1.9.0', 'acme'],
    ],
  );
  assert.deepEqual(
    report.matches.map((match) => [match.vulnerability.id, match.package.name, match.fix]),
    [['CVE-2026-1000', 'rocket', { state: 'fixed', version: '2.0.1' }]],
  );
  assert.deepEqual(
    report.coverage.map(({ namespace, status }) => [namespace, status]),
    [['acme', 'complete']],
  );
  assert.equal(clair([...plugins, ...args]).stdout, run.stdout, 'equal bytes for equal input');
  const without = JSON.parse(clair(args).stdout) as Report;
  assert.deepEqual([without.packages, without.verdict], [[], 'not-assessed']);
});

test('plugins: marks findings by advisories of a plugin that is not loaded any more', (t) => {
  const image = join(temporaryDirectory(t), 'rootfs.tar');
  writeFileSync(image, tar([manifest]));
  const args = ['scan', `rootfs-tar:${image}`, '--format', 'json', '--db', `${image}.db`];
  assert.equal(clair([...plugins, ...args]).status, 0);
  const run = clair([...plugins.slice(0, 2), ...args]);
  assert.equal(run.status, 4, run.stderr);
  const { matches, coverage } = JSON.parse(run.stdout) as Report;
  assert.deepEqual(
    matches.map(({ vulnerability, evidence }) => [vulnerability.id, evidence[0]?.sourceNotLoaded]),
    [['CVE-2026-1000', true]],
  );
  assert.equal(coverage[0]?.status, 'unsupported');
  assert.match(
    coverage[0].reason ?? '',
    /^no advisory source for acme; the source acme is not loaded, so its advisories are not newer than /,
  );
});

test('plugins: reports a failed detector even when another one detects the distribution', (t) => {
  const directory = temporaryDirectory(t);
  const image = join(directory, 'rootfs.tar');
  writeFileSync(
    image,
    tar([
      { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.20.3\n' },
      { path: 'lib/apk/db/installed', content: 'P:zlib\nV:9.9-r0\nA:x86_64\no:zlib\n\n' },
    ]),
  );
  const failing = join(directory, 'failing.js');
  writeFileSync(
    failing,
    `export const plugin = { name: 'x', version: '1', detectors: [{
      name: 'own', version: 1, wants: ['etc/own-release'], detect() { throw new Error('no idea'); } }] };`,
  );
  const line = ['scan', `rootfs-tar:${image}`, '--format', 'json', '--db', ':memory:'];
  const reportOf = (...more: string[]): Report => {
    const run = clair([...more, ...line, '--mirror', inCheckout('examples/mirror')]);
    assert.equal(run.status, 0, run.stderr);
    return JSON.parse(run.stdout) as Report;
  };
  assert.ok(reportOf().statuses.every(({ status }) => status === 'succeeded'));
  const { statuses, distro } = reportOf('--plugin', failing);
  assert.equal(distro?.id, 'alpine');
  const own = statuses.find(({ extension }) => extension === 'own');
  assert.equal(own?.status, 'failed');
  assert.match(own.files[0]?.problem ?? '', /^the detector failed: .*no idea/);
});

test('plugins: lists the extensions and reports a plugin that cannot be used', (t) => {
  const listed = clair([...plugins, 'plugin', 'list']).stdout;
  assert.match(listed, /^package lister +acme +1 +acme-lister 1\.0\.0, .*acme-lister\.ts$/m);
  assert.match(listed, /^package lister +dpkg +\d+ +clair$/m);
  const broken = join(temporaryDirectory(t), 'broken.js');
  writeFileSync(broken, "export const plugin = { name: 'x', version: '1', listers: [{}] };");
  const run = clair(['--plugin', broken, 'plugin', 'list']);
  assert.equal(run.status, 2);
  assert.match(
    run.stderr,
    /^clair: the plugin .*broken\.js cannot be used: listers\[0\]\.name must be a string/,
  );
});

/** Returns names and versions of the features of a layer, with their namespaces. */
function featuresOf({ Features = [] }: V1Layer): string[] {
  return Features.map(({ Name, Version, NamespaceName }) => `${NamespaceName} ${Name} ${Version}`).sort();
}

test('plugins: uses a plugin that is added to a running server for the next post', async (t) => {
  const directory = temporaryDirectory(t);
  const dropped = join(directory, 'plugins');
  mkdirSync(dropped);
  const layer = join(directory, 'layer.tar');
  const status = { path: 'var/lib/dpkg/status', content: dpkgStatus({ curl: '7.88.1-10' }) };
  const whole = { ...manifest, content: manifest.content.replace('odd\n', '') };
  writeFileSync(layer, tar([osRelease, status, whole]));
  const config = join(directory, 'config.yaml');
  const settings = {
    api: { addr: '127.0.0.1:0', healthaddr: '127.0.0.1:0' },
    updater: { interval: '0' },
    database: { type: 'sqlite', options: { path: join(directory, 'clair.db') } },
    plugins: ['./plugins'],
  };
  writeFileSync(config, JSON.stringify({ clair: settings }));
  const server = await runServer(t, ['serve', '--config', config]);
  const post = async () => {
    assert.deepEqual(statuses([await server.clair.postLayer({ Name: 'top', Path: layer })]), [201]);
    return featuresOf(await server.clair.layer('top'));
  };
  assert.deepEqual(await post(), ['debian:12 curl 7.88.1-10']);

  copyFileSync(example('acme-lister.ts'), join(dropped, 'acme-lister.ts'));
  server.reload();
  await server.logged('plugins reloaded');
  const all = ['acme anvil 3.0.0', 'acme rocket 1.9.0', 'debian:12 curl 7.88.1-10'];
  assert.deepEqual(await post(), all);

  writeFileSync(join(dropped, 'broken.js'), 'export const plugin = {};');
  server.reload();
  assert.match(
    await server.logged('plugin reload failed; keeping current plugins'),
    /broken\.js cannot be used/,
  );
  assert.deepEqual(await post(), all);
  assert.equal((await server.end()).status, 0);
});
