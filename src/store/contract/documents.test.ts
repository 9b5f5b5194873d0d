import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import {
  affectedRow,
  changeCounts,
  documentOf,
  feedUpdate,
  record,
  stream,
} from '../../testing/store-content.ts';
import { runsOn, type StoreEngine, storeEngines } from '../../testing/store-engines.ts';
import type { FeedUpdate, KeyedDocument, KeyedRecord, WholeFeedUpdate } from '../advisory-store.ts';
import type { FeedChangeCounts } from '../feed-state.ts';
import type { Store } from '../store.ts';

const start = Date.parse('2026-01-02T00:00:00Z');
const releases = ['debian:10', 'debian:12'].map((name) => ({ name, versionScheme: 'dpkg' }));
const bySameProgram: Partial<WholeFeedUpdate> = { program: '1.0.0', acceptShrunk: true, acceptOlder: true };

/** A store, and the keys of the documents that it read. */
class Reader {
  readonly store: Store;
  read: string[] = [];

  constructor(store: Store) {
    this.store = store;
  }

  /** Applies documents; returns the counts and which of them were read. */
  async apply(
    documents: readonly (readonly KeyedRecord[])[],
    changes: Partial<FeedUpdate> = bySameProgram,
  ): Promise<{ counts: FeedChangeCounts; read: string[] }> {
    this.read = [];
    const counts = await this.store.advisories.apply(
      feedUpdate(changes),
      stream(documents.map((records) => this.#document(records))),
    );
    return { counts, read: this.read };
  }

  #document(records: readonly KeyedRecord[]): KeyedDocument {
    return documentOf(records, () => this.read.push(records.map(({ kind, key }) => `${kind} ${key}`).join()));
  }
}

async function open(engine: StoreEngine, context: TestContext): Promise<Reader> {
  return new Reader(await engine.create(context)({ now: () => start }));
}

for (const engine of storeEngines) {
  test(`${engine.name}: reads only the documents that changed`, async (t) => {
    const reader = await open(engine, t);
    const skipped = { kind: 'skipped', key: 'S', reason: 'no range' } as const;
    const documents = [[record('A')], [record('B')], [], [skipped, record('C')]];
    const first = await reader.apply(documents);
    assert.deepEqual(first.counts, changeCounts({ added: 3, skipped: 1 }));
    assert.equal(first.read.length, 4);

    const again = await reader.apply(documents.toReversed());
    assert.deepEqual(again, { counts: changeCounts({ unchanged: 3, skipped: 1 }), read: [] });

    const changed = await reader.apply([[record('A', { severity: 'High' })], ...documents.slice(1)]);
    assert.deepEqual(changed, {
      counts: changeCounts({ changed: 1, unchanged: 2, skipped: 1 }),
      read: ['vulnerability A'],
    });
  });

  test(`${engine.name}: reads every document when the program or the source has another version`, async (t) => {
    const reader = await open(engine, t);
    await reader.apply([[record('A')]]);
    for (const changes of [{ program: '1.0.1' }, { program: '1.0.1', sourceVersion: 2 }, {}, bySameProgram])
      assert.deepEqual((await reader.apply([[record('A')]], changes)).read, ['vulnerability A']);
    assert.deepEqual((await reader.apply([[record('A')]])).read, []);
  });

  test(`${engine.name}: reads a document when another update has replaced or removed its record`, async (t) => {
    const reader = await open(engine, t);
    await reader.apply([[record('A')], [record('B')]]);
    // A program that knows no documents does not update them.
    await reader.store.advisories.apply(feedUpdate(), stream([record('A', { severity: 'High' })]));
    const again = await reader.apply([[record('A')], [record('B')]]);
    assert.deepEqual(again, {
      counts: changeCounts({ added: 1, changed: 1 }),
      read: ['vulnerability A', 'vulnerability B'],
    });
    const withdrawal = stream([{ kind: 'withdrawn', key: 'B' } as const]);
    await reader.store.advisories.apply(feedUpdate({ kind: 'changes' }), withdrawal);
    assert.deepEqual((await reader.apply([[record('A')], [record('B')]])).read, ['vulnerability B']);
  });

  test(`${engine.name}: reads a document with several vulnerabilities with each update`, async (t) => {
    const reader = await open(engine, t);
    for (const counts of [changeCounts({ added: 2 }), changeCounts({ unchanged: 2 })])
      assert.deepEqual(await reader.apply([[record('A'), record('B')]]), {
        counts,
        read: ['vulnerability A,vulnerability B'],
      });
  });

  test(`${engine.name}: rejects a document that occurs twice`, async (t) => {
    const reader = await open(engine, t);
    await reader.apply([[record('A')]]);
    const twice = /^debian tracker: the record A occurs twice/;
    await assert.rejects(reader.apply([[record('A')], [record('A')]]), { message: twice });
    await assert.rejects(reader.apply([[record('A', { severity: 'High' })], [record('A')]]), {
      message: twice,
    });
  });

  test(`${engine.name}: reads documents again when an update of them failed`, async (t) => {
    const reader = await open(engine, t);
    await reader.apply([[record('A')]]);
    const broken = async function* (): AsyncGenerator<KeyedDocument> {
      yield documentOf([record('A', { severity: 'High' })]);
      throw new Error('the connection was lost');
    };
    await assert.rejects(reader.store.advisories.apply(feedUpdate(bySameProgram), broken()));
    assert.deepEqual((await reader.apply([[record('A', { severity: 'High' })]])).counts.changed, 1);
  });

  test(`${engine.name}: gives the rows, states and events of a plain update after any updates`, async (t) => {
    const newStore = engine.create(t);
    const otherStore = engine.create(t);
    let now = start;
    const stores = [await newStore({ now: () => now }), await otherStore({ now: () => now })] as const;
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 10 }), async (steps) => {
        const feed = `feed ${number++}`;
        for (const { documents, changes } of steps) {
          now += 60_000;
          const { program, ...plain } = { program: undefined, ...changes };
          const update = feedUpdate({ feed, ...plain });
          const remembered = { ...update, ...(program !== undefined && { program }) };
          const [documentCounts, plainCounts] = [
            await stores[0].advisories.apply(remembered, stream(documents.map((some) => documentOf(some)))),
            await stores[1].advisories.apply(update, stream(documents.flat())),
          ];
          assert.deepEqual(documentCounts, plainCounts);
          assert.deepEqual(await contentOf(stores[0], feed), await contentOf(stores[1], feed));
        }
      }),
      { numRuns: runsOn(engine, 60) },
    );
  });
}

/** Everything that readers see of a feed. */
async function contentOf(store: Store, feed: string): Promise<unknown> {
  const page = { limit: 1000 };
  const name = { source: 'debian', feed };
  const retained = releases.map(({ name: retainedFor }) => ({ ...name, retainedFor }));
  const records: unknown[] = [];
  for (const part of [name, ...retained]) records.push(await store.vulnerabilities.pageByFeed(part, page));
  const events = await store.events.findAfter(0, 10_000);
  const states = await store.advisories.findFeedStates();
  return {
    records,
    events: events.filter((event) => event.feed === feed),
    state: states.find((state) => state.feed === feed),
    rows: (await store.statistics()).rows,
  };
}

/** Returns one of few records of a key, so that updates often repeat a document. */
const draft = fc
  .record({
    key: fc.constantFrom('A', 'B', 'C', 'D'),
    day: fc.integer({ min: 1, max: 2 }),
    covered: fc.constantFrom(...releases.map((release) => [release]), releases),
    kind: fc.constantFrom('vulnerability', 'vulnerability', 'vulnerability', 'skipped', 'withdrawn'),
    isJoined: fc.integer({ min: 0, max: 5 }).map((number) => number === 0),
  })
  .map(({ key, day, covered, kind, isJoined }): { one: KeyedRecord; isJoined: boolean } => {
    if (kind === 'skipped') return { one: { kind, key, reason: 'no range' }, isJoined };
    if (kind === 'withdrawn') return { one: { kind, key }, isJoined };
    const affected = covered.map((namespace) => affectedRow('openssl', { namespace }));
    return { one: record(key, { modified: `2026-01-0${day}T00:00:00Z`, affected }), isJoined };
  });

/** Documents with at most one record of a key, in any order. */
const documents = fc.uniqueArray(draft, { selector: ({ one }) => one.key, maxLength: 4 }).map((drafts) => {
  const made: KeyedRecord[][] = [[]];
  for (const { one, isJoined } of drafts)
    if (isJoined) made.at(-1)?.push(one);
    else made.push([one]);
  return made;
});

type StepChanges = Partial<FeedUpdate> & { readonly program?: string };

const step = fc.record({
  documents,
  changes: fc.constantFrom<StepChanges[]>(
    ...Array.from({ length: 8 }, () => bySameProgram),
    { ...bySameProgram, program: '2.0.0' },
    { ...bySameProgram, sourceVersion: 2 },
    { acceptShrunk: true, acceptOlder: true },
    { kind: 'changes' },
  ),
});
