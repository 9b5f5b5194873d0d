import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { dockerRoutes, exportForms, startDaemon } from '../../src/testing/daemon.ts';
import { buildImage, dockerArchive } from '../../src/testing/image-builder.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, clairBeside, type Run, scratch } from './clair.ts';
import { Podman, withoutPodman } from './podman.ts';

const status = (...names: readonly string[]): string =>
  names
    .map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: 1-1\nArchitecture: all\n`)
    .join('\n');
const release = { path: 'usr/lib/os-release', content: 'ID=debian\nVERSION_ID=12\n' };
/** An image of three layers, one of them twice, and instructions without a layer. */
const image = buildImage({
  steps: [
    {
      tar: tar([release, { path: 'etc/os-release', target: '../usr/lib/os-release' }]),
      createdBy: 'ADD base',
    },
    { createdBy: 'ENV A=b' },
    { tar: tar([{ path: 'srv/' }]), createdBy: 'WORKDIR /srv' },
    { tar: tar([{ path: 'var/lib/dpkg/status', content: status('bash', 'curl') }]), createdBy: 'RUN apt' },
    { tar: tar([{ path: 'srv/' }]), createdBy: 'WORKDIR /srv' },
    { createdBy: 'CMD ["sh"]' },
  ],
  tags: ['localhost/clair-test:1'],
});
const archive = join(scratch, 'daemon-image.tar');
writeFileSync(archive, dockerArchive(image));

function reportOf({ status: exit, stdout, stderr }: Run): Report {
  if (exit !== 0 && exit !== 4) throw new Error(`clair ended with ${exit}: ${stderr}`);
  return JSON.parse(stdout) as Report;
}

const inMemory = ['--offline', '--db', ':memory:', '--format', 'json'];

function withoutTarget({ target: _, ...rest }: Report): Omit<Report, 'target'> {
  return rest;
}

const nowhere = { DOCKER_HOST: 'unix:///nowhere/docker.sock', CONTAINER_HOST: 'unix:///nowhere/podman.sock' };

void test('reports an image of a daemon as the same image saved to a file', {
  skip: withoutPodman(),
}, async (context) => {
  await using podman = new Podman();
  podman.run('load', '--quiet', '--input', archive);
  const saved = join(scratch, 'podman-saved.tar');
  podman.run('save', '--quiet', '--format', 'docker-archive', '--output', saved, 'localhost/clair-test:1');
  await podman.serve();
  const onDisk = reportOf(clair(['scan', saved, '--verify', ...inMemory]));
  assert.deepEqual(
    onDisk.layers.map(({ createdBy }) => createdBy),
    ['ADD base', 'WORKDIR /srv', 'RUN apt', 'WORKDIR /srv'],
  );
  const asDocker = { ...nowhere, DOCKER_HOST: podman.host };
  const asPodman = { ...nowhere, CONTAINER_HOST: podman.host };
  for (const [target, kind, env] of [
    ['podman:localhost/clair-test:1', 'podman', asPodman],
    ['docker:localhost/clair-test:1', 'docker', asDocker],
    ['localhost/clair-test:1', 'docker', asDocker],
    ['localhost/clair-test:1', 'podman', asPodman],
  ] as const)
    await context.test(`${target} of ${kind}`, () => {
      const empty = join(scratch, 'nothing-is-written');
      mkdirSync(empty, { recursive: true });
      const report = reportOf(clair(['scan', target, ...inMemory], { ...env, TMPDIR: empty }));
      const { digest, repoDigests, ...named } = report.target;
      const names = ['localhost/clair-test:1'];
      assert.deepEqual(named, {
        reference: target,
        kind,
        manifest: null,
        platform: 'linux/amd64',
        names,
        created: '1970-01-01T00:00:00Z',
      });
      assert.equal(digest, onDisk.target.digest);
      assert.match(repoDigests?.join() ?? '', /^localhost\/clair-test@sha256:[0-9a-f]{64}$/);
      assert.deepEqual(withoutTarget(report), withoutTarget(onDisk));
      assert.deepEqual(readdirSync(empty), []);
    });
  const layers = clair(['layer', 'podman:localhost/clair-test:1'], asPodman);
  assert.equal(layers.stdout, clair(['layer', saved]).stdout);
  assert.equal(clair(['scan', 'podman:localhost/other', ...inMemory], asPodman).status, 3);
});

void test('never requests a layer again that it has read', async (context) => {
  const answers = dockerRoutes('clair-test:1', image, { archive: exportForms['a new Docker'](image) });
  const daemon = await startDaemon(context, answers);
  const database = join(scratch, 'daemon.db');
  const scan = (): Promise<Run> =>
    clairBeside(['scan', 'docker:clair-test:1', '--offline', '--db', database, '--format', 'json'], {
      DOCKER_HOST: daemon.host,
    });
  const first = await scan();
  const second = await scan();
  reportOf(first);
  assert.equal(second.stdout, first.stdout);
  assert.deepEqual(
    daemon.requestedPaths.map((path) => path.split('/').at(-1)),
    ['json', 'history', 'get', 'json', 'history'],
  );
});

void test('lists the searched locations when no image has a bare reference', () => {
  const { status: exit, stderr } = clair(
    ['scan', 'clair-test:none', '--offline', '--db', ':memory:'],
    nowhere,
  );
  assert.equal(exit, 3);
  for (const words of [
    'no file or directory clair-test:none',
    '/nowhere/docker.sock',
    '/nowhere/podman.sock',
  ])
    assert.ok(stderr.includes(words), stderr);
});

void test('never reads a missing path as a reference', () => {
  for (const path of ['./clair-test', '/nowhere/image', 'image.tar', 'image.tar.gz', '~/image']) {
    const { status: exit, stderr } = clair(['scan', path, '--offline', '--db', ':memory:'], nowhere);
    assert.equal(exit, 3);
    assert.match(
      stderr,
      /^clair: there is no file or directory [^;\s]+(?:; if it is an image, put registry:.*)?\n$/,
    );
  }
});
