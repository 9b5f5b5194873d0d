import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { builtIn } from '../../extensions.ts';
import { claimsOf } from '../../image/posted/layer-source.ts';
import { sha256Of } from '../../kit/sha256.ts';
import type { NamespaceDetector } from '../../plugin/namespace-detector.ts';
import type { Store } from '../../store/store.ts';
import { tarAndZstd } from '../../testing/document-image.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { analyzerKey, analyzeStream } from '../images/analyze-layers.ts';
import { type IngestLayerDeps, ingestLayer } from './ingest-layer.ts';
import { findLayerChain, viewChain } from './layer-view.ts';

const [engine = assert.fail()] = storeEngines;

interface Deps extends IngestLayerDeps {
  readonly extensions: typeof builtIn;
  readonly store: Store;
}

/** Reads layers on this thread, from memory. A path is the name of a layer. */
async function depsWith(
  t: TestContext,
  contents: Readonly<Record<string, Uint8Array>>,
  extensions = builtIn,
): Promise<Deps> {
  const store = await engine.create(t)();
  const read: IngestLayerDeps['read'] = async (source, { links }) => {
    async function* bytes() {
      yield contents[source.path] ?? assert.fail(source.path);
    }
    const stream = { name: source.path, claims: claimsOf(source), bytes: bytes() };
    return await analyzeStream(stream, extensions, { verify: true, links });
  };
  return { store, extensions, ignoredListers: new Set(), read };
}

const debian = { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' };
const neverAborted = new AbortController().signal;

function stanza(name: string, more = 'Version: 1\n'): string {
  return `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\n${more}\n`;
}

function status(content: string, path = 'var/lib/dpkg/status'): TarEntryPlan {
  return { path, content };
}

async function post(deps: Deps, name: string, parent: string | null = null): Promise<unknown> {
  const source = { path: name, headers: {}, format: 'docker' } as const;
  return await ingestLayer({ ...source, name, parent, formatName: 'Docker' }, deps, neverAborted);
}

async function packages(deps: Deps, name: string): Promise<string[]> {
  const chain = (await findLayerChain(name, deps)) ?? assert.fail();
  const view = await viewChain(chain, 'packages', deps);
  return (view.packages ?? []).map((one) => one.package.name).sort();
}

const bash = stanza('bash');
const filler = Array.from({ length: limits.packagesPerFile + 1 }, (_, i) => stanza(`filler${i}`)).join('');

/** Layers with an unreadable part besides a listed package, and the error of each. */
const unreadable: Readonly<Record<string, readonly [layer: Uint8Array, message: RegExp]>> = {
  'a package lies beyond the limit of entries': [
    tar([debian, status(filler + stanza('openssl'))]),
    /^var\/lib\/dpkg\/status cannot be read: has more than \d+ entries/,
  ],
  'a status is unknown': [
    tar([debian, status(bash + stanza('curl').replace('installed\n', 'instaled\n'))]),
    /^var\/lib\/dpkg\/status cannot be read: package curl 1 is not listed: its status is/,
  ],
  'the journal of dpkg is not empty': [
    tar([debian, status(bash), status(stanza('curl'), 'var/lib/dpkg/updates/0000')]),
    /^var\/lib\/dpkg\/updates\/0000 cannot be read: holds changes that dpkg has not written/,
  ],
  'one of two databases is damaged': [
    tar([debian, status(bash), { path: 'var/lib/rpm/Packages', content: 'damaged' }]),
    /^var\/lib\/rpm\/Packages cannot be read: is not an rpm database/,
  ],
  'a hard link shares a file that is replaced': [
    tar([
      debian,
      { path: 'opt/status', content: bash + stanza('curl') },
      { path: 'var/lib/dpkg/status', type: 'hardlink', target: 'opt/status' },
      { path: 'opt/status', content: bash },
    ]),
    /^var\/lib\/dpkg\/status cannot be read: is a hard link to opt\/status, which the layer replaces/,
  ],
  'the bytes are a tar archive and a compressed stream': [
    tarAndZstd(tar([debian, status(bash + stanza('curl'))]), tar([debian, status(bash)])),
    /^layer base: its bytes begin as those of zstd, but are a tar archive too/,
  ],
};

for (const [fault, [base, message]] of Object.entries(unreadable))
  test(`refuses a layer and stores nothing of it when ${fault}`, async (t) => {
    const deps = await depsWith(t, { base });
    await assert.rejects(post(deps, 'base'), { code: 'layer-unreadable', message });
    assert.equal(await findLayerChain('base', deps), undefined);
    assert.equal(await deps.store.layers.find(`sha256:${sha256Of(base)}`, analyzerKey(builtIn)), undefined);
    assert.deepEqual(await deps.store.advisories.findNamespaces(), []);
  });

test('refuses a layer when a detector fails that might know its distribution', async (t) => {
  const failing: NamespaceDetector = {
    name: 'failing',
    version: 1,
    wants: ['etc/failing'],
    detect: () => {
      throw new Error('out of order');
    },
  };
  const extensions = { ...builtIn, detectors: [failing, ...builtIn.detectors] };
  const deps = await depsWith(t, { base: tar([debian, status(bash)]) }, extensions);
  await assert.rejects(post(deps, 'base'), {
    code: 'layer-unreadable',
    message: 'etc/failing cannot be read: the detector failed: out of order',
  });
});

test('takes a layer when an entry lacks its version, as no API has a feature without one', async (t) => {
  const apk = 'P:musl\nV:1\nA:x86_64\n\nP:unversioned\nA:x86_64\n\n';
  const deps = await depsWith(t, {
    dpkg: tar([debian, status(bash + stanza('unversioned', ''))]),
    apk: tar([
      { path: 'etc/alpine-release', content: '3.20.0\n' },
      { path: 'lib/apk/db/installed', content: apk },
    ]),
    none: tar([debian, status(stanza('unversioned', ''))]),
  });
  await post(deps, 'dpkg');
  await post(deps, 'apk');
  assert.deepEqual([await packages(deps, 'dpkg'), await packages(deps, 'apk')], [['bash'], ['musl']]);
  await assert.rejects(post(deps, 'none'), {
    code: 'layer-unreadable',
    message: 'var/lib/dpkg/status cannot be read: package unversioned has no Version field',
  });
});

test('refuses a child when it makes a damaged file visible, and takes one that replaces it', async (t) => {
  const deps = await depsWith(t, {
    base: tar([debian, status(bash)]),
    damaged: tar([status(bash + stanza('curl').slice(0, 20))]),
    whole: tar([status(bash + stanza('curl'))]),
  });
  await post(deps, 'base');
  await assert.rejects(post(deps, 'damaged', 'base'), { code: 'layer-unreadable' });
  await assert.rejects(post(deps, 'whole', 'damaged'), { code: 'parent-unknown' });
  await post(deps, 'whole', 'base');
  assert.deepEqual(await packages(deps, 'whole'), ['bash', 'curl']);
});

test('refuses a child when its link leads to a place that was not read in the layers below', async (t) => {
  const deps = await depsWith(t, {
    base: tar([debian, status(bash, 'opt/dpkg/status')]),
    child: tar([{ path: 'var/lib/dpkg', target: '/opt/dpkg' }]),
  });
  await post(deps, 'base');
  await assert.rejects(post(deps, 'child', 'base'), {
    code: 'layer-unreadable',
    message:
      /^var\/lib\/dpkg\/status cannot be read: leads to opt\/dpkg\/status, where the layers below were not read/,
  });
});

test('keeps the packages behind a link of the parent when the child sets another link', async (t) => {
  const deps = await depsWith(t, {
    base: tar([{ path: 'var/lib/dpkg/status', target: '/opt/status' }, status(bash, 'opt/status')]),
    child: tar([
      { path: 'etc/os-release', target: '/opt/os-release' },
      { ...debian, path: 'opt/os-release' },
    ]),
    release: tar([debian]),
  });
  await post(deps, 'release');
  await post(deps, 'base', 'release');
  await post(deps, 'child', 'base');
  assert.deepEqual(await packages(deps, 'child'), ['bash']);
});

/** Returns dependencies of a server with other extensions on the same store, and the number of its reads. */
function serverWith(
  deps: Deps,
  extensions: Deps['extensions'],
  contents: Readonly<Record<string, Uint8Array>>,
): { readonly server: Deps; readonly reads: () => number } {
  let reads = 0;
  const read: Deps['read'] = async (source, { links }) => {
    reads++;
    async function* bytes() {
      yield contents[source.path] ?? assert.fail(source.path);
    }
    const stream = { name: source.path, claims: claimsOf(source), bytes: bytes() };
    return await analyzeStream(stream, extensions, { verify: true, links });
  };
  return { server: { ...deps, extensions, read }, reads: () => reads };
}

const contents = { base: tar([debian, status(bash)]), app: tar([status(bash + stanza('curl'))]) };
const withoutDpkg = { ...builtIn, listers: builtIn.listers.filter(({ name }) => name !== 'dpkg') };

test('reads a layer at most once per version when servers of two versions get it in turns', async (t) => {
  const deps = await depsWith(t, {});
  const older = serverWith(deps, withoutDpkg, contents);
  const newer = serverWith(deps, builtIn, contents);
  for (const { server } of [older, newer, older, newer, older]) {
    await post(server, 'base');
    await post(server, 'app', 'base');
  }
  assert.deepEqual([older.reads(), newer.reads()], [2, 2]);
  assert.deepEqual(await packages(older.server, 'app'), ['bash', 'curl']);
});

test('puts a layer onto one of a newer version after its parent was posted again', async (t) => {
  const deps = await depsWith(t, {});
  const older = serverWith(deps, withoutDpkg, contents);
  const newer = serverWith(deps, builtIn, contents);
  await post(newer.server, 'base');
  await assert.rejects(post(older.server, 'app', 'base'), { code: 'parent-unknown' });
  for (let i = 0; i < 3; i++) {
    await post(older.server, 'base');
    await post(older.server, 'app', 'base');
  }
  assert.equal(older.reads(), 2);
  assert.deepEqual(await packages(older.server, 'base'), ['bash'], 'the content of the newer version stays');
  await post(newer.server, 'app', 'base');
  assert.deepEqual(await packages(older.server, 'app'), ['bash', 'curl']);
});

test('reads a layer again when a plugin is added or removed', async (t) => {
  const deps = await depsWith(t, {});
  const remote = { name: 'extra', version: 9, wants: [], type: 'extra', listRemotely: async () => [] };
  const extended = { ...builtIn, listers: [...builtIn.listers, remote] } as unknown as Deps['extensions'];
  const plain = serverWith(deps, builtIn, contents);
  const extra = serverWith(deps, extended, contents);
  for (const { server } of [plain, extra, plain]) await post(server, 'base');
  assert.deepEqual([plain.reads(), extra.reads()], [2, 1]);
});
