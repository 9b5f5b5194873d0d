import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { builtIn } from '../../extensions.ts';
import { claimsOf, type LayerSource } from '../../image/posted/layer-source.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { parseDigest } from '../../model/digest.ts';
import type { Store } from '../../store/store.ts';
import { tarAndGzip, tarAndZstd } from '../../testing/document-image.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { analyzeStream } from '../images/analyze-layers.ts';
import { viewAncestry } from './ancestry-view.ts';
import { type HashedLayer, type IngestAncestryDeps, ingestAncestry } from './ingest-ancestry.ts';

const [engine = assert.fail()] = storeEngines;

type Contents = Readonly<Record<string, Uint8Array>>;

interface Deps extends IngestAncestryDeps {
  readonly extensions: typeof builtIn;
  readonly store: Store;
  /** Paths of the layers that were read. */
  readonly reads: string[];
  /** Maximum number of layers that were read at the same time. */
  readonly atOnce: () => number;
}

/** Reads layers on this thread, from memory, by path. */
async function depsWith(t: TestContext, contents: Contents): Promise<Deps> {
  const store = await engine.create(t)();
  const reads: string[] = [];
  let reading = 0;
  let maxConcurrent = 0;
  const read: IngestAncestryDeps['read'] = async (source: LayerSource, { links, signal }) => {
    reads.push(source.path);
    maxConcurrent = Math.max(maxConcurrent, ++reading);
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
  return { store, extensions: builtIn, ignoredListers: new Set(), read, reads, atOnce: () => maxConcurrent };
}

function layerOf(...entries: TarEntryPlan[]): Uint8Array {
  return tar(entries);
}

const debian = { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' };

function dpkg(...names: readonly string[]): TarEntryPlan {
  const entry = (name: string): string =>
    `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n`;
  return { path: 'var/lib/dpkg/status', content: names.map(entry).join('') };
}

function layer(hash: string, path: string = hash): HashedLayer {
  const digest = parseDigest(hash);
  return { hash, path, headers: {}, format: 'docker', ...(digest && { digest }) };
}

const neverAborted = new AbortController().signal;

/** Returns the packages that each layer of an ancestry introduced. */
async function introducedPackages(name: string, deps: Deps): Promise<(readonly [string, ...string[]])[]> {
  const view = await viewAncestry(name, deps);
  return (view?.layers ?? []).map(({ hash, packages }) => [hash, ...packages.map((one) => one.package.name)]);
}

test('attributes each package to the layer that introduced it and reads each layer once', async (t) => {
  const deps = await depsWith(t, {
    base: layerOf(debian, dpkg('bash')),
    up: layerOf(dpkg('bash', 'curl')),
    empty: layerOf(),
  });
  const layers = [layer('base'), layer('empty'), layer('up'), layer('empty')];
  await ingestAncestry({ name: 'shop', layers }, deps, neverAborted);
  assert.deepEqual(await introducedPackages('shop', deps), [
    ['base', 'bash'],
    ['empty'],
    ['up', 'curl'],
    ['empty'],
  ]);
  assert.deepEqual(deps.reads.toSorted(), ['base', 'empty', 'up']);
  assert.equal((await viewAncestry('shop', deps))?.detector, 'os-release');
  assert.equal(await viewAncestry('mail', deps), undefined);
});

test('reads no layer whose hash is known, and nothing when the ancestry is known', async (t) => {
  const deps = await depsWith(t, { base: layerOf(debian, dpkg('bash')), up: layerOf(dpkg('bash', 'curl')) });
  await ingestAncestry({ name: 'shop', layers: [layer('base')] }, deps, neverAborted);
  await ingestAncestry({ name: 'mail', layers: [layer('base', 'moved'), layer('up')] }, deps, neverAborted);
  assert.deepEqual(deps.reads, ['base', 'up']);
  assert.deepEqual(await introducedPackages('mail', deps), [
    ['base', 'bash'],
    ['up', 'curl'],
  ]);
  await ingestAncestry(
    { name: 'mail', layers: [layer('base', 'gone'), layer('up', 'gone')] },
    deps,
    neverAborted,
  );
  assert.equal(deps.reads.length, 2);
  const other = {
    ...deps,
    extensions: { ...deps.extensions, detectors: deps.extensions.detectors.slice(1) },
  };
  await assert.rejects(
    ingestAncestry({ name: 'mail', layers: [layer('base', 'gone')] }, other, neverAborted),
    {
      code: 'layer-not-found',
    },
  );
});

test('replaces the layers of an ancestry when its name is posted with other layers', async (t) => {
  const deps = await depsWith(t, { one: layerOf(debian, dpkg('bash')), two: layerOf(debian, dpkg('curl')) });
  await ingestAncestry({ name: 'shop', layers: [layer('one')] }, deps, neverAborted);
  await ingestAncestry({ name: 'shop', layers: [layer('two')] }, deps, neverAborted);
  assert.deepEqual(await introducedPackages('shop', deps), [['two', 'curl']]);
});

test('requires a layer named by a digest to have it, compressed or uncompressed', async (t) => {
  const content = layerOf(debian, dpkg('bash'));
  const stored = gzipSync(content);
  const deps = await depsWith(t, { stored });
  const digest = (bytes: Uint8Array, algorithm = 'sha256'): string =>
    `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
  for (const hash of [digest(stored), digest(content), digest(stored, 'sha512')]) {
    await ingestAncestry({ name: hash, layers: [layer(hash, 'stored')] }, deps, neverAborted);
    assert.deepEqual(await introducedPackages(hash, deps), [[hash, 'bash']]);
  }
  const wrong = digest(Buffer.from('another'));
  await assert.rejects(
    ingestAncestry({ name: 'wrong', layers: [layer(wrong, 'stored')] }, deps, neverAborted),
    {
      code: 'layer-mismatch',
      message:
        /^layer stored: the content has the digest sha256:[\da-f]{64}, and sha256:[\da-f]{64} uncompressed, not sha256:/,
    },
  );
  assert.equal(await deps.store.ancestries.find('wrong'), undefined);
  assert.equal(await deps.store.ancestries.findLayerIdentity(wrong), undefined);
});

test('aborts the reading of the other layers when a layer fails', async (t) => {
  const names = Array.from({ length: 50 }, (_, i) => `layer ${i}`);
  const deps = await depsWith(t, { base: layerOf(debian) });
  const layers = [layer('base'), layer('gone'), ...names.map((name) => layer(name, 'base'))];
  await assert.rejects(ingestAncestry({ name: 'shop', layers }, deps, neverAborted), {
    code: 'layer-not-found',
  });
  assert.ok(deps.reads.length < 10, `${deps.reads.length} layers were read`);
  assert.equal(deps.atOnce(), limits.ancestryLayersAtOnce);
  assert.equal(await deps.store.ancestries.find('shop'), undefined);
});

test('keeps the layers that were read whole when another one fails, so that a retry is quicker', async (t) => {
  const damaged = { path: 'var/lib/dpkg/status', content: 'Package: bash' };
  const deps = await depsWith(t, { base: layerOf(debian), damaged: layerOf(debian, damaged) });
  const layers = ['base', 'damaged', 'gone'].map((name) => layer(name));
  await assert.rejects(ingestAncestry({ name: 'shop', layers }, deps, neverAborted), {
    code: 'layer-not-found',
  });
  assert.notEqual(await deps.store.ancestries.findLayerIdentity('base'), undefined);
  assert.equal(await deps.store.ancestries.findLayerIdentity('damaged'), undefined);
  await ingestAncestry({ name: 'shop', layers: [layer('base', 'moved')] }, deps, neverAborted);
});

test('reads bytes that are a tar archive and a compressed stream only when the digest says which is meant', async (t) => {
  const inner = layerOf(debian, dpkg('bash'));
  for (const make of [tarAndGzip, tarAndZstd]) {
    const stored = make(layerOf(debian, dpkg('curl')), inner);
    const deps = await depsWith(t, { stored });
    const digest = (bytes: Uint8Array): string => `sha256:${sha256Of(bytes)}`;
    for (const hash of ['layer', digest(stored)])
      await assert.rejects(
        ingestAncestry({ name: hash, layers: [layer(hash, 'stored')] }, deps, neverAborted),
        {
          code: 'layer-unreadable',
          message: /but are a tar archive too; nothing states which is meant/,
        },
      );
    await ingestAncestry({ name: 'meant', layers: [layer(digest(inner), 'stored')] }, deps, neverAborted);
    assert.deepEqual(await introducedPackages('meant', deps), [[digest(inner), 'bash']]);
  }
});

test('refuses an ancestry and keeps only its intact layers when a part of a layer cannot be read', async (t) => {
  const journal = { ...dpkg('curl'), path: 'var/lib/dpkg/updates/0000' };
  const deps = await depsWith(t, { base: layerOf(debian, dpkg('bash')), journal: layerOf(journal) });
  await assert.rejects(
    ingestAncestry({ name: 'shop', layers: [layer('base'), layer('journal')] }, deps, neverAborted),
    {
      code: 'layer-unreadable',
      message: /^var\/lib\/dpkg\/updates\/0000 cannot be read: holds changes/,
    },
  );
  assert.equal(await deps.store.ancestries.find('shop'), undefined);
  assert.notEqual(await deps.store.ancestries.findLayerIdentity('base'), undefined);
  assert.equal(await deps.store.ancestries.findLayerIdentity('journal'), undefined);
});

test('stops reading when the client disconnects', async (t) => {
  const deps = await depsWith(t, { base: layerOf(debian) });
  const over = new AbortController();
  const posting = ingestAncestry({ name: 'shop', layers: [layer('base')] }, deps, over.signal);
  over.abort(new Error('gone'));
  await assert.rejects(posting, /^Error: gone$/);
});

test('follows a link through the layers when its target is not a scanned path', async (t) => {
  const deps = await depsWith(t, {
    base: layerOf(debian, { ...dpkg('bash'), path: 'opt/dpkg/status' }),
    link: layerOf({ path: 'var/lib/dpkg', target: '/opt/dpkg' }),
  });
  await ingestAncestry({ name: 'shop', layers: [layer('base'), layer('link')] }, deps, neverAborted);
  assert.deepEqual(
    (await introducedPackages('shop', deps)).flatMap(([, ...names]) => names),
    ['bash'],
  );
  assert.deepEqual(deps.reads.toSorted(), ['base', 'base', 'link', 'link']);
});

test('refuses packages that belong to no known namespace, and fetches their layers once', async (t) => {
  const deps = await depsWith(t, { base: layerOf(dpkg('bash')), none: layerOf() });
  // Quay posts a refused manifest again and again.
  for (let post = 0; post < 3; post++)
    await assert.rejects(
      ingestAncestry({ name: 'shop', layers: [layer('base'), layer('none')] }, deps, neverAborted),
      { code: 'layer-unsupported' },
    );
  assert.deepEqual(deps.reads.toSorted(), ['base', 'none'], 'each layer is fetched once');
  await ingestAncestry({ name: 'nothing', layers: [] }, deps, neverAborted);
  assert.deepEqual(await introducedPackages('nothing', deps), []);
  const layers = Array.from({ length: limits.layersPerImage + 1 }, () => layer('none'));
  await assert.rejects(ingestAncestry({ name: 'tall', layers }, deps, neverAborted), {
    code: 'limit-exceeded',
  });
});

test('reports the lowest of several layers that cannot be read when a higher one fails first', async (t) => {
  const deps = await depsWith(t, { base: layerOf(debian) });
  const { promise: upperFailed, resolve } = Promise.withResolvers<undefined>();
  const read: IngestAncestryDeps['read'] = async (source, options) => {
    if (source.path === 'lower') await upperFailed;
    if (source.path === 'upper') resolve(undefined);
    if (source.path !== 'base') throw new ClairError('layer-not-found', source.path);
    return await deps.read(source, options);
  };
  const layers = ['base', 'lower', 'upper'].map((hash) => layer(hash));
  await assert.rejects(ingestAncestry({ name: 'shop', layers }, { ...deps, read }, neverAborted), {
    message: 'lower',
  });
});

test('keeps an ancestry that a newer version read, unless it is posted with other layers', async (t) => {
  const deps = await depsWith(t, { one: layerOf(debian, dpkg('bash')), two: layerOf(debian, dpkg('curl')) });
  const older = { ...deps, extensions: { ...builtIn, listers: builtIn.listers.slice(0, -1) } };
  for (const server of [older, deps, older, deps, older])
    await ingestAncestry({ name: 'shop', layers: [layer('one')] }, server, neverAborted);
  assert.deepEqual(deps.reads, ['one', 'one'], 'each version reads the layer once');
  assert.deepEqual(await introducedPackages('shop', deps), [['one', 'bash']]);
  await ingestAncestry({ name: 'shop', layers: [layer('two')] }, older, neverAborted);
  assert.deepEqual(await introducedPackages('shop', deps), [['two', 'curl']]);
});
