import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { type BuiltImage, buildImage, ociArchive, ociFiles } from '../../src/testing/image-builder.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, type Run, scratch } from './clair.ts';
import { Containerd, withoutContainerd } from './containerd.ts';

const skip = withoutContainerd();
const name = 'localhost/clair-test:1';
const inMemory = ['--offline', '--db', ':memory:', '--format', 'json'];

function systemOf(packageName: string, platform: string): BuiltImage {
  const status = `Package: ${packageName}\nStatus: install ok installed\nVersion: 1-1\nArchitecture: all\n`;
  return buildImage({
    steps: [
      {
        tar: tar([{ path: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' }]),
        createdBy: 'ADD base',
      },
      { createdBy: 'ENV A=b' },
      { tar: tar([{ path: 'var/lib/dpkg/status', content: status }]), createdBy: 'RUN apt' },
    ],
    compression: 'gzip',
    tags: [name],
    platform,
  });
}

const image = systemOf('bash', 'linux/amd64');
const archive = join(scratch, 'containerd-image.tar');
writeFileSync(archive, ociArchive(image));

function reportOf({ status, stdout, stderr }: Run): Report {
  if (status !== 0 && status !== 4) throw new Error(`clair ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Report;
}

function importImage(containerd: Containerd, namespace: string, file: string): void {
  containerd.run(namespace, 'images', 'import', '--no-unpack', '--all-platforms', '--index-name', name, file);
}

void test('reports an image of containerd as the same image in a file', { skip }, async () => {
  await using containerd = await Containerd.start();
  importImage(containerd, 'k8s.io', archive);
  const env = { CONTAINERD_ADDRESS: containerd.socket };
  const onDisk = reportOf(clair(['scan', `oci-archive:${archive}`, '--verify', ...inMemory]));
  assert.deepEqual(
    onDisk.packages.map(({ name: listed }) => listed),
    ['bash'],
  );
  const { target, ...report } = reportOf(clair(['scan', `containerd:${name}`, ...inMemory], env));
  const { target: fileTarget, ...expected } = onDisk;
  assert.deepEqual(report, expected);
  assert.deepEqual(target, {
    ...fileTarget,
    reference: `containerd:${name}`,
    kind: 'containerd',
    names: [name],
  });
});

void test('chooses the platform in an index of containerd', { skip }, async () => {
  await using containerd = await Containerd.start();
  const file = join(scratch, 'containerd-platforms.tar');
  writeFileSync(file, tar(ociFiles([image, systemOf('zsh', 'linux/arm64')], { nested: true })));
  importImage(containerd, 'default', file);
  const env = { CONTAINERD_ADDRESS: `unix://${containerd.socket}` };
  for (const [platform, expected] of [
    ['linux/amd64', 'bash'],
    ['linux/arm64', 'zsh'],
  ] as const) {
    const run = clair(['scan', `containerd:${name}`, '--platform', platform, ...inMemory], env);
    const { packages, target } = reportOf(run);
    assert.deepEqual([packages.map((found) => found.name), target.platform], [[expected], platform]);
  }
  const every = clair(
    ['scan', `containerd:${name}`, '--platform', 'all', '--offline', '--db', ':memory:'],
    env,
  );
  assert.match(every.stdout, /linux\/amd64/, every.stderr);
  assert.match(every.stdout, /linux\/arm64/);
});

void test('says why an image of containerd cannot be scanned', { skip }, async (context) => {
  await using containerd = await Containerd.start();
  importImage(containerd, 'k8s.io', archive);
  const env = { CONTAINERD_ADDRESS: containerd.socket };
  const refusal = (reference: string, more: Readonly<Record<string, string>> = {}): string => {
    const { status, stdout, stderr } = clair(['scan', reference, ...inMemory], { ...env, ...more });
    assert.deepEqual([status, stdout], [3, '']);
    return stderr;
  };
  await context.test('an unknown name, with the namespaces that were searched', () => {
    assert.match(refusal('containerd:nothing'), /has no image nothing in its namespaces \(k8s\.io\)/);
  });
  await context.test('another namespace of the environment', () => {
    const stderr = refusal(`containerd:${name}`, { CONTAINERD_NAMESPACE: 'moby' });
    assert.match(stderr, /has no image localhost\/clair-test:1 in the namespace moby/);
  });
  await context.test('no containerd at the address', () => {
    const stderr = refusal(`containerd:${name}`, { CONTAINERD_ADDRESS: '/nowhere/containerd.sock' });
    assert.match(stderr, /there is no containerd at \/nowhere\/containerd\.sock; .*set CONTAINERD_ADDRESS/);
  });
  await context.test('two images of one name', () => {
    const file = join(scratch, 'containerd-other.tar');
    writeFileSync(file, ociArchive(systemOf('zsh', 'linux/amd64')));
    importImage(containerd, 'other', file);
    assert.match(refusal(`containerd:${name}`), /different images .* in the namespaces k8s\.io, other; set/);
    const chosen = reportOf(
      clair(['scan', `containerd:${name}`, ...inMemory], { ...env, CONTAINERD_NAMESPACE: 'other' }),
    );
    assert.deepEqual(
      chosen.packages.map((found) => found.name),
      ['zsh'],
    );
    containerd.run('other', 'images', 'rm', name);
  });
  await context.test('a layer that containerd has discarded', () => {
    containerd.run('k8s.io', 'content', 'rm', image.layers[1]?.digest ?? '');
    const stderr = refusal(`containerd:${name}`);
    assert.match(stderr, /does not have the blob sha256:[0-9a-f]+; nodes of Kubernetes may discard layers/);
  });
});
