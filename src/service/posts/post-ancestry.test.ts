import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { builtIn } from '../../extensions.ts';
import { claimsOf, type LayerSource } from '../../image/incoming/layer-source.ts';
import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { parseDigest } from '../../model/digest.ts';
import type { Store } from '../../store/store.ts';
import { tarAndGzip, tarAndZstd } from '../../testing/document-image.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { type TarEntry, tar } from '../../testing/tar-writer.ts';
import { analyzeStream } from '../images/analyze-layers.ts';
import { viewAncestry } from './ancestry-view.ts';
import { type AncestryPostingRoom, type HashedLayer, postAncestry } from './post-ancestry.ts';

const [engine = assert.fail()] = storeEngines;

type Contents = Readonly<Record<string, Uint8Array>>;

interface Room extends AncestryPostingRoom {
  readonly extensions: typeof builtIn;
  readonly store: Store;
  /** The layers that were read, by their paths. */
  readonly reads: string[];
  /** The most that were read at the same time. */
  readonly atOnce: () => number;
}

/** Reads layers on this thread, from memory: what a path holds. */
async function roomWith(t: TestContext, contents: Contents): Promise<Room> {
  const store = await engine.create(t)();
  const reads: string[] = [];
  let reading = 0;
  let most = 0;
  const read: AncestryPostingRoom['read'] = async (source: LayerSource, { links, signal }) => {
    reads.push(source.path);
    most = Math.max(most, ++reading);
    try {
      await new Promise(setImmediate);
      signal.throwIfAborted();
      const content = contents[source.path];
      if (content === undefined) throw new ClairError('layer-not-found', source.path);
      async function* bytes() {
        yield Buffer.from(content ?? '');
      }
      return await analyzeStream({ name: source.path, claims: claimsOf(source), bytes: bytes() }, builtIn, {
        verify: true,
        links,
      });
    } finally {
      reading--;
    }
  };
  return { store, extensions: builtIn, ignoredListers: new Set(), read, reads, atOnce: () => most };
}

function layerOf(...entries: TarEntry[]): Uint8Array {
  return tar(entries);
}

const debian = { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' };

function dpkg(...names: readonly string[]): TarEntry {
  const entry = (name: string): string =>
    `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n`;
  return { path: 'var/lib/dpkg/status', content: names.map(entry).join('') };
}

function layer(hash: string, path: string = hash): HashedLayer {
  const digest = parseDigest(hash);
  return { hash, path, headers: {}, format: 'docker', ...(digest && { digest }) };
}

const never = new AbortController().signal;

/** What each layer of an ancestry brought. */
async function brought(name: string, room: Room): Promise<(readonly [string, ...string[]])[]> {
  const view = await viewAncestry(name, room);
  return (view?.layers ?? []).map(({ hash, packages }) => [hash, ...packages.map((one) => one.package.name)]);
}

test('each package is in the layer that brought it, and each layer is read once', async (t) => {
  const room = await roomWith(t, {
    base: layerOf(debian, dpkg('bash')),
    up: layerOf(dpkg('bash', 'curl')),
    empty: layerOf(),
  });
  const layers = [layer('base'), layer('empty'), layer('up'), layer('empty')];
  await postAncestry({ name: 'shop', layers }, room, never);
  assert.deepEqual(await brought('shop', room), [['base', 'bash'], ['empty'], ['up', 'curl'], ['empty']]);
  assert.deepEqual(room.reads.toSorted(), ['base', 'empty', 'up']);
  assert.equal((await viewAncestry('shop', room))?.detector, 'os-release');
  assert.equal(await viewAncestry('mail', room), undefined);
});

test('what is known by its hash is not read again, and nothing is where all is known', async (t) => {
  const room = await roomWith(t, { base: layerOf(debian, dpkg('bash')), up: layerOf(dpkg('bash', 'curl')) });
  await postAncestry({ name: 'shop', layers: [layer('base')] }, room, never);
  await postAncestry({ name: 'mail', layers: [layer('base', 'moved'), layer('up')] }, room, never);
  assert.deepEqual(room.reads, ['base', 'up']);
  assert.deepEqual(await brought('mail', room), [
    ['base', 'bash'],
    ['up', 'curl'],
  ]);
  await postAncestry({ name: 'mail', layers: [layer('base', 'gone'), layer('up', 'gone')] }, room, never);
  assert.equal(room.reads.length, 2);
  const other = {
    ...room,
    extensions: { ...room.extensions, detectors: room.extensions.detectors.slice(1) },
  };
  await assert.rejects(postAncestry({ name: 'mail', layers: [layer('base', 'gone')] }, other, never), {
    code: 'layer-not-found',
  });
});

test('a known name with other layers means these from then on', async (t) => {
  const room = await roomWith(t, { one: layerOf(debian, dpkg('bash')), two: layerOf(debian, dpkg('curl')) });
  await postAncestry({ name: 'shop', layers: [layer('one')] }, room, never);
  await postAncestry({ name: 'shop', layers: [layer('two')] }, room, never);
  assert.deepEqual(await brought('shop', room), [['two', 'curl']]);
});

test('a layer that is called by a digest has it, stored or uncompressed', async (t) => {
  const content = layerOf(debian, dpkg('bash'));
  const stored = gzipSync(content);
  const room = await roomWith(t, { stored });
  const digest = (bytes: Uint8Array, algorithm = 'sha256'): string =>
    `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
  for (const hash of [digest(stored), digest(content), digest(stored, 'sha512')]) {
    await postAncestry({ name: hash, layers: [layer(hash, 'stored')] }, room, never);
    assert.deepEqual(await brought(hash, room), [[hash, 'bash']]);
  }
  const wrong = digest(Buffer.from('another'));
  await assert.rejects(postAncestry({ name: 'wrong', layers: [layer(wrong, 'stored')] }, room, never), {
    code: 'layer-mismatch',
    message:
      /^layer stored: the content has the digest sha256:[\da-f]{64}, and sha256:[\da-f]{64} uncompressed, not sha256:/,
  });
  assert.equal(await room.store.ancestries.find('wrong'), undefined);
  assert.equal(await room.store.ancestries.layerOf(wrong), undefined);
});

test('a layer that fails ends the reading of the others', async (t) => {
  const names = Array.from({ length: 50 }, (_, i) => `layer ${i}`);
  const room = await roomWith(t, { base: layerOf(debian) });
  const layers = [layer('base'), layer('gone'), ...names.map((name) => layer(name, 'base'))];
  await assert.rejects(postAncestry({ name: 'shop', layers }, room, never), { code: 'layer-not-found' });
  assert.ok(room.reads.length < 10, `${room.reads.length} layers were read`);
  assert.equal(room.atOnce(), limits.ancestryLayersAtOnce);
  assert.equal(await room.store.ancestries.find('shop'), undefined);
});

test('keeps the layers that were read whole when another one fails, so that a retry is quicker', async (t) => {
  const damaged = { path: 'var/lib/dpkg/status', content: 'Package: bash' };
  const room = await roomWith(t, { base: layerOf(debian), damaged: layerOf(debian, damaged) });
  const layers = ['base', 'damaged', 'gone'].map((name) => layer(name));
  await assert.rejects(postAncestry({ name: 'shop', layers }, room, never), { code: 'layer-not-found' });
  assert.notEqual(await room.store.ancestries.layerOf('base'), undefined);
  assert.equal(await room.store.ancestries.layerOf('damaged'), undefined);
  await postAncestry({ name: 'shop', layers: [layer('base', 'moved')] }, room, never);
});

test('reads bytes that are a tar archive and a compressed stream only when the digest says which is meant', async (t) => {
  const inner = layerOf(debian, dpkg('bash'));
  for (const make of [tarAndGzip, tarAndZstd]) {
    const stored = make(layerOf(debian, dpkg('curl')), inner);
    const room = await roomWith(t, { stored });
    const digest = (bytes: Uint8Array): string => `sha256:${sha256Of(bytes)}`;
    for (const hash of ['layer', digest(stored)])
      await assert.rejects(postAncestry({ name: hash, layers: [layer(hash, 'stored')] }, room, never), {
        code: 'layer-unreadable',
        message: /they are a tar archive too; nothing says which is meant/,
      });
    await postAncestry({ name: 'meant', layers: [layer(digest(inner), 'stored')] }, room, never);
    assert.deepEqual(await brought('meant', room), [[digest(inner), 'bash']]);
  }
});

test('refuses an ancestry and stores nothing of it when a part of a layer cannot be read', async (t) => {
  const journal = { ...dpkg('curl'), path: 'var/lib/dpkg/updates/0000' };
  const room = await roomWith(t, { base: layerOf(debian, dpkg('bash')), journal: layerOf(journal) });
  await assert.rejects(
    postAncestry({ name: 'shop', layers: [layer('base'), layer('journal')] }, room, never),
    {
      code: 'layer-unreadable',
      message: /^var\/lib\/dpkg\/updates\/0000 cannot be read: holds changes/,
    },
  );
  assert.equal(await room.store.ancestries.find('shop'), undefined);
  for (const hash of ['base', 'journal'])
    assert.equal(await room.store.ancestries.layerOf(hash), undefined, hash);
});

test('who goes away is not read for', async (t) => {
  const room = await roomWith(t, { base: layerOf(debian) });
  const over = new AbortController();
  const posting = postAncestry({ name: 'shop', layers: [layer('base')] }, room, over.signal);
  over.abort(new Error('gone'));
  await assert.rejects(posting, /^Error: gone$/);
});

test('a link that leads out of what is looked at is followed through the layers', async (t) => {
  const room = await roomWith(t, {
    base: layerOf(debian, { ...dpkg('bash'), path: 'opt/dpkg/status' }),
    link: layerOf({ path: 'var/lib/dpkg', target: '/opt/dpkg' }),
  });
  await postAncestry({ name: 'shop', layers: [layer('base'), layer('link')] }, room, never);
  assert.deepEqual(
    (await brought('shop', room)).flatMap(([, ...names]) => names),
    ['bash'],
  );
  assert.deepEqual(room.reads.toSorted(), ['base', 'base', 'link', 'link']);
});

test('what nobody could look up is refused', async (t) => {
  const room = await roomWith(t, { base: layerOf(dpkg('bash')), none: layerOf() });
  await assert.rejects(postAncestry({ name: 'shop', layers: [layer('base')] }, room, never), {
    code: 'layer-unsupported',
  });
  await postAncestry({ name: 'nothing', layers: [] }, room, never);
  assert.deepEqual(await brought('nothing', room), []);
  const layers = Array.from({ length: limits.layersPerImage + 1 }, () => layer('none'));
  await assert.rejects(postAncestry({ name: 'tall', layers }, room, never), { code: 'limit-exceeded' });
});

test('reports the lowest of several layers that cannot be read when a higher one fails first', async (t) => {
  const room = await roomWith(t, { base: layerOf(debian) });
  const { promise: upperFailed, resolve } = Promise.withResolvers<undefined>();
  const read: AncestryPostingRoom['read'] = async (source, options) => {
    if (source.path === 'lower') await upperFailed;
    if (source.path === 'upper') resolve(undefined);
    if (source.path !== 'base') throw new ClairError('layer-not-found', source.path);
    return await room.read(source, options);
  };
  const layers = ['base', 'lower', 'upper'].map((hash) => layer(hash));
  await assert.rejects(postAncestry({ name: 'shop', layers }, { ...room, read }, never), {
    message: 'lower',
  });
});
