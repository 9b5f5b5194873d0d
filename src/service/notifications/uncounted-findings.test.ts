import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFunctions } from '../../model/function-set.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import type { Store } from '../../store/store.ts';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  image,
  installed,
  record,
  stream,
} from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { affectedBy, affectedByRecords } from './affected-images.ts';
import { viewNotification } from './notification-view.ts';

const extensions = { schemes: [], sources: [] };
const namespace = { name: 'golang', versionScheme: 'go' };
const imports = [{ path: 'x', symbols: ['F'] }];
const ofGo = record('GO-1', {
  aliases: ['CVE-2024-1', 'GHSA-1'],
  affected: [affectedRow('x', { namespace, only: { imports } })],
});
const ofGitHub = record('GHSA-1', { aliases: ['CVE-2024-1'], affected: [affectedRow('x', { namespace })] });

/** Returns a module of Go of which a program has these functions; undefined if they are unknown. */
function moduleWith(symbols: readonly string[] | undefined): ImagePackage {
  const functions = symbols && encodeFunctions(['x', ...symbols.map((symbol) => `x ${symbol}`)]);
  const evidence = 'build-info' as const;
  return {
    ...installed('x', { namespace }),
    type: 'golang',
    evidence,
    ...(functions !== undefined && { functions }),
  };
}

const contents: Readonly<Record<string, ImagePackage>> = {
  lacking: moduleWith(['G']),
  calling: moduleWith(['F', 'G']),
  unknown: moduleWith(undefined),
  cached: { ...moduleWith(undefined), evidence: 'dormant' },
};

async function saveNames(store: Store): Promise<void> {
  await store.advisories.apply(feedUpdate({ source: 'osv', fingerprint: 'none' }), stream([]));
  for (const [name, item] of Object.entries(contents)) {
    const number = await store.images.save(image([item], name));
    await store.ancestries.save(ancestry(name, number));
    for (const [layer, parent] of [
      [name, null],
      [`upon ${name}`, name],
    ] as const)
      await store.namedLayers.save({
        name: layer,
        parent,
        image: number,
        format: 'Docker',
        engineVersion: 3,
      });
  }
  const calling = await store.images.save(image([contents['calling'] ?? assert.fail()], 'calling'));
  await store.namedLayers.save({
    name: 'calling upon lacking',
    parent: 'upon lacking',
    image: calling,
    format: 'Docker',
    engineVersion: 3,
  });
}

const records = [ofGo, ofGitHub];

for (const engine of storeEngines) {
  test(`${engine.name}: affected images are those whose findings count`, async (t) => {
    const store = await engine.create(t)();
    await saveNames(store);
    await store.advisories.apply(
      feedUpdate({ source: 'osv', fingerprint: 'all', acceptShrunk: true }),
      stream(records),
    );
    const deps = { store, extensions };
    const counting = ['calling', 'unknown'];
    for (const id of ['CVE-2024-1', 'GO-1', 'GHSA-1']) {
      const list = await affectedBy(id, { limit: 100 }, deps);
      const names = list?.images.flatMap((entry) => entry.names.filter((name) => name in contents)).sort();
      assert.deepEqual(names, counting, id);
    }
    const numbers = await store.vulnerabilities.findByKeys({ source: 'osv', feed: 'tracker' }, ['GHSA-1']);
    const ofRecord = await affectedByRecords(
      numbers.map(({ number }) => number),
      { limit: 100 },
      deps,
    );
    assert.deepEqual(
      ofRecord.images.map(({ findings }) => findings.map(({ vulnerability }) => vulnerability.id)),
      [['CVE-2024-1'], ['CVE-2024-1']],
    );
  });

  test(`${engine.name}: a notification names the layers and ancestries in which findings count`, async (t) => {
    const store = await engine.create(t)();
    await saveNames(store);
    await store.advisories.apply(
      feedUpdate({ source: 'osv', fingerprint: 'all', acceptShrunk: true }),
      stream(records),
    );
    while ((await store.notifications.createFromEvents(100)) > 0);
    const due = await store.notifications.findDue(100);
    assert.deepEqual(due.map(({ id }) => id).sort(), ['GHSA-1', 'GO-1']);
    const page = { limit: 100, old: 'done', new: 1 } as const;
    for (const { name, id } of due) {
      const shown = async (affectedKind: 'layers' | 'ancestries'): Promise<string[]> => {
        const view = await viewNotification(name, { ...page, affectedKind }, { store, extensions });
        return (view?.new?.affected ?? []).map((one) => one.name);
      };
      assert.deepEqual(await shown('ancestries'), ['calling', 'unknown'], id);
      assert.deepEqual(await shown('layers'), ['calling', 'unknown', 'calling upon lacking'], id);
    }
  });
}
