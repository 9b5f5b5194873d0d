import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type BuiltImage,
  buildImage,
  dockerArchive,
  ociFiles,
  writeFiles,
} from '../../src/testing/image-builder.ts';
import { sharedEngines } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { alpineMirror } from './alpine-mirror.ts';
import { clair, scratch } from './clair.ts';
import { debianRegistry, noRegistry } from './debian-registry.ts';

const mirror = alpineMirror('known-images-mirror', { '1.36.1-r0': ['CVE-2026-1'] });

/** An image of Alpine with one vulnerable package, and a file that makes it different from others. */
function shop(marker: string): BuiltImage {
  const installed = 'C:Q1\nP:busybox\nV:1.36.0-r0\nA:x86_64\no:busybox\n\n';
  const files = [
    { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.19.1\n' },
    { path: 'lib/apk/db/installed', content: installed },
    { path: 'marker', content: marker },
  ];
  return buildImage({ compression: 'gzip', tags: ['shop:1'], steps: [{ tar: tar(files) }] });
}

interface Listed {
  readonly number: number;
  readonly digest: string;
  readonly names: readonly { readonly name: string }[];
  readonly untaggedSince: string | null;
}

/** A registry with a repository, and images that are written to disk. */
async function scene(t: TestContext, name: string) {
  const registry = await debianRegistry(t);
  const place = join(scratch, name);
  const [one, two] = [shop('one'), shop('two')];
  await writeFiles(join(place, 'one'), ociFiles([{ ...one, tags: [] }]));
  await writeFiles(join(place, 'two'), ociFiles([{ ...two, tags: [] }]));
  writeFileSync(join(place, 'one.tar'), dockerArchive(one));
  const repository = `127.0.0.1:${registry.port}/acme/shop`;
  const push = (layout: 'one' | 'two', tag: string): void => {
    registry.push(join(place, layout), `acme/shop:${tag}`);
  };
  return { place, one, two, repository, push };
}

/** Returns functions that run commands on a database. */
function commandsOn(db: string) {
  const run = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = clair([...args, '--db', db]);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  return {
    run,
    scan: (target: string): string => run('scan', target, '--mirror', mirror, '--no-lookups'),
    list: (...filter: readonly string[]): Listed[] =>
      (JSON.parse(run('images', '--format', 'json', ...filter)) as { images: Listed[] }).images,
  };
}

for (const engine of sharedEngines) {
  test(`${engine.name}: an image of a registry, an archive and a layout is one image with all of its names`, {
    skip: noRegistry,
  }, async (t) => {
    const { scan, list } = commandsOn(await engine.createLocation(t));
    const { place, one, repository, push } = await scene(t, `one image ${engine.name}`);
    push('one', '1');
    for (const target of [`registry:${repository}:1`, join(place, 'one.tar'), join(place, 'one')])
      scan(target);
    const [first, ...others] = list();
    assert.deepEqual(others, []);
    assert.deepEqual(
      first?.names.map(({ name }) => name),
      [`${repository}:1`, 'docker.io/library/shop:1'],
    );
    assert.equal(first.digest, one.manifest.digest);
    for (const digest of [one.manifest.digest, one.config.digest])
      assert.equal(list('--filter', `image=${digest}`)[0]?.number, first.number);
  });

  test(`${engine.name}: shows what a tag meant, and affected images by name until they are forgotten`, {
    skip: noRegistry,
  }, async (t) => {
    const db = await engine.createLocation(t);
    const { run, scan, list } = commandsOn(db);
    const { place, one, two, repository, push } = await scene(t, `names ${engine.name}`);
    push('one', '1');
    scan(`registry:${repository}:1`);
    scan(join(place, 'one.tar'));
    for (const tag of ['1', '2']) {
      push('two', tag);
      scan(`registry:${repository}:${tag}`);
    }
    const both = [one.manifest.digest, two.manifest.digest];
    assert.deepEqual(
      list('--filter', `repository=${repository}`).map(({ digest }) => digest),
      both,
    );
    const history = JSON.parse(run('images', '--history', `${repository}:1`, '--format', 'json')) as {
      periods: { root: string; until: string | null }[];
    };
    assert.deepEqual(
      history.periods.map(({ root, until }) => [root, until === null]),
      both.toReversed().map((digest, i) => [digest, i === 0]),
    );
    const affected = run('affected', 'CVE-2026-1');
    assert.match(affected, /^docker\.io\/library\/shop:1 /m);
    assert.match(affected, new RegExp(`^${repository}:1, ${repository}:2 `, 'm'));
    assert.match(affected, /affects 2 images/);
    const csv = run('affected', 'CVE-2026-1', '--format', 'csv');
    assert.match(csv, new RegExp(`^"${repository}:1, ${repository}:2",`, 'm'));
    assert.equal(run('forget', 'shop:1'), 'forgot docker.io/library/shop:1\n1 image deleted\n');
    assert.match(run('affected', 'CVE-2026-1'), /affects 1 image,/);
    const unknown = clair(['forget', 'shop:1', '--db', db]);
    assert.deepEqual([unknown.status, unknown.stdout], [2, '']);
    assert.match(unknown.stderr, /the database has no image shop:1/);
  });
}

test('clair affected leaves out images that have lost their tags, and says so', {
  skip: noRegistry,
}, async (t) => {
  const { run, scan } = commandsOn(join(scratch, 'untagged.db'));
  const { repository, push } = await scene(t, 'untagged');
  for (const layout of ['one', 'two'] as const) {
    push(layout, '1');
    scan(`registry:${repository}:1`);
  }
  const affected = (...args: string[]): string => run('affected', 'CVE-2026-1', ...args);
  assert.match(affected(), /affects 1 image, in 1 package\n1 more image without a tag: add --untagged/);
  assert.match(affected('--untagged'), /affects 2 images, in 2 packages\n$/);
  assert.deepEqual((JSON.parse(affected('--format', 'json')) as { counts: object }).counts, {
    images: 1,
    packages: 1,
    untagged: 1,
  });
  assert.match(affected('--only-fixed'), /1\.36\.1-r0/);
  assert.match(run('images', '--filter', 'untagged'), /shop:1 \(untagged\)/);
});
