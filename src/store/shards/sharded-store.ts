import { ClairError } from '../../core/errors.ts';
import { compareText } from '../../model/order.ts';
import type { AdvisoryStore } from '../advisory-store.ts';
import type { EnrichmentStore } from '../enrichment-store.ts';
import { isSameFeed, type ScopedFeedState } from '../feed-state.ts';
import type { ImageStore, StoredMatch } from '../image-store.ts';
import type { AsOf } from '../page.ts';
import { isClearedShard, type NumberedPart, type ShardFile } from '../shard.ts';
import type { Store } from '../store.ts';
import type { StoredVulnerability, VulnerabilityStore } from '../vulnerability-store.ts';
import { OpenShard } from './open-shard.ts';
import { withPublishedRatings } from './published-ratings.ts';

/** A store that also answers from shards. */
export interface ShardedStore extends Store {
  /** Opens shards, beside those that are open. Throws `feed-corrupt` if a file is not a shard of its namespace. */
  addShards(files: readonly ShardFile[]): void;
  /** Adds lists of ratings, which are opened when a vulnerability is first to be rated. `open` calls `addShards`. */
  addLists(lists: readonly UnopenedShard[], open: () => Promise<void>): void;
  /** Adds a namespace that has no records in the published feeds. */
  addUncovered(namespace: UnopenedShard): void;
  /** Adds feeds that publishers did not find. Such a state counts if there is no other of the feed. */
  addAbsent(states: readonly ScopedFeedState[]): void;
}

/** A shard that is not open, with what its catalogue says about it. */
export type UnopenedShard = Pick<ShardFile, 'name' | 'namespace' | 'states' | 'ratingStates'>;

/**
 * Returns a store that answers for namespaces from shards, and for everything else from a store: the only entry point to advisories.
 * In a namespace with a shard, the records of the store count only if the publisher did not use their source, such as those of users and
 * of plugins. Writes, events and notifications are those of the store. Closing it closes the store, too.
 */
export function shardedStore(store: Store): ShardedStore {
  const shards = new Shards();
  const vulnerabilities = shardedVulnerabilities(store.vulnerabilities, shards);
  return {
    ...store,
    advisories: shardedAdvisories(store.advisories, shards),
    vulnerabilities,
    enrichments: shardedEnrichments(store.enrichments, shards),
    images: shardedImages(store.images, { shards, vulnerabilities }),
    bulkReads: {
      vulnerabilities: shardedVulnerabilities(store.bulkReads.vulnerabilities, shards),
      enrichments: shardedEnrichments(store.bulkReads.enrichments, shards),
    },
    namedLayers: {
      ...store.namedLayers,
      findHitVersions: async (numbers) =>
        (await store.namedLayers.findHitVersions(numbers)).flatMap((version) => {
          const hits = version.hits.filter((hit) => !shards.replaces(hit.namespace.name, hit.source));
          return hits.length === 0 ? [] : [{ ...version, hits }];
        }),
    },
    addShards: (files) => {
      shards.add(files);
    },
    addLists: (lists, open) => {
      shards.addLists(lists, open);
    },
    addUncovered: (namespace) => {
      shards.addUncovered(namespace);
    },
    addAbsent: (states) => {
      shards.absent.push(...states);
    },
    [Symbol.asyncDispose]: async () => {
      shards[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

interface UnopenedLists {
  readonly lists: readonly UnopenedShard[];
  readonly open: () => Promise<void>;
  opening?: Promise<void>;
}

/** The open shards, by name. A namespace may have two. */
class Shards implements Disposable {
  readonly #byName = new Map<string, OpenShard>();
  readonly #uncovered = new Map<string, UnopenedShard>();
  /** States of feeds that publishers did not find. */
  readonly absent: ScopedFeedState[] = [];
  #unopened: UnopenedLists | undefined;

  addLists(lists: readonly UnopenedShard[], open: () => Promise<void>): void {
    this.#unopened = { lists, open };
  }

  addUncovered(namespace: UnopenedShard): void {
    this.#uncovered.set(namespace.name, namespace);
  }

  /** All shards that count, open or not. */
  get known(): readonly UnopenedShard[] {
    const unopened = [...this.#uncovered.values(), ...(this.#unopened?.lists ?? [])];
    return [...this.all.map(({ file }) => file), ...unopened.filter(({ name }) => !this.#byName.has(name))];
  }

  /** Opens the lists. Afterwards, only those that could be opened count. */
  async openLists(): Promise<void> {
    const lists = this.#unopened;
    if (lists === undefined) return;
    lists.opening ??= lists.open();
    await lists.opening;
    if (this.#unopened === lists) this.#unopened = undefined;
  }

  add(files: readonly ShardFile[]): void {
    for (const file of files) {
      const { name } = file;
      if (this.#byName.has(name)) continue;
      const opened = new OpenShard(file);
      const same = this.all.find((other) => !opened.isEmpty && other.block === opened.block);
      if (same !== undefined) {
        opened[Symbol.dispose]();
        throw new ClairError(
          'feed-corrupt',
          `the advisories of ${name} and of ${same.file.name} use the same numbers, so they cannot be read together: publish both again with clair db build`,
        );
      }
      this.#byName.set(name, opened);
    }
  }

  get all(): OpenShard[] {
    return [...this.#byName.values()];
  }

  get isEmpty(): boolean {
    return this.known.length === 0;
  }

  of(namespace: string): OpenShard[] {
    return this.all.filter(({ file }) => file.namespace.name === namespace);
  }

  /** Whether a shard has what a source publishes about a namespace. */
  replaces(namespace: string, source: string): boolean {
    return this.#byName.get(namespace)?.sources.has(source) ?? false;
  }

  /** Returns records by their numbers, each once. */
  async findByNumbers(numbers: readonly number[]): Promise<StoredVulnerability[]> {
    const found: StoredVulnerability[] = [];
    const parts: NumberedPart[] = [];
    for (const shard of this.all) {
      const own = numbers.filter((number) => shard.has(number));
      if (own.length === 0) continue;
      if (this.of(shard.file.namespace.name).length === 1) found.push(...(await shard.findByNumbers(own)));
      else parts.push(...(await shard.findNumberedParts(own)));
    }
    return [...found, ...mergedParts(parts)];
  }

  /** Throws `usage` for a time in the past: a shard has no history. */
  refuseHistory({ asOf }: AsOf): void {
    if (asOf === undefined || this.isEmpty) return;
    throw new ClairError(
      'usage',
      'a published database has no history: leave out --from, or leave out --as-of',
    );
  }

  /** Returns records of the store without the rows that shards replace, and without records that have no other rows. */
  without(records: readonly StoredVulnerability[]): readonly StoredVulnerability[] {
    if (this.isEmpty) return records;
    return records.flatMap((record) => {
      const affected = record.affected.filter((row) => !this.replaces(row.namespace.name, record.source));
      if (affected.length === record.affected.length) return [record];
      return affected.length === 0 ? [] : [{ ...record, affected }];
    });
  }

  [Symbol.dispose](): void {
    for (const shard of this.all) shard[Symbol.dispose]();
  }
}

/** Puts the parts of records in the two shards of a namespace together, as the database has them. */
function mergedParts(parts: readonly NumberedPart[]): StoredVulnerability[] {
  const namespaceOf = ({ affected }: NumberedPart): string => affected[0]?.namespace.name ?? '';
  const byRecord = Map.groupBy(parts, (part) =>
    JSON.stringify([namespaceOf(part), part.source, part.feed, part.key]),
  );
  return [...byRecord.values()].flatMap((same) => {
    const rows = same.flatMap(({ affected }) => affected).sort((a, b) => a.position - b.position);
    return same.slice(0, 1).map((first) => ({ ...first, affected: rows.map(({ position, ...row }) => row) }));
  });
}

function shardedAdvisories(store: AdvisoryStore, shards: Shards): AdvisoryStore {
  return {
    ...store,
    findFeedStates: async (at = {}) => {
      shards.refuseHistory(at);
      const states = [...(await store.findFeedStates(at)), ...publishedStates(shards)];
      const isKnown = (state: ScopedFeedState): boolean => states.some((one) => isSameFeed(one, state));
      return [...states, ...shards.absent.filter((state) => !isKnown(state))];
    },
    // A shard does not change while it is open.
    findContentState: async () => {
      const published = shards.known.map(({ name }) => name);
      return [await store.findContentState(), ...published.sort(compareText)].join('\n');
    },
    covers: async (namespace) => {
      const hasRecords = shards.of(namespace).some(({ isEmpty }) => !isEmpty);
      return hasRecords || (await store.covers(namespace));
    },
    findSources: async (namespace) => {
      const sources = new Set(await store.findSources(namespace));
      for (const shard of shards.of(namespace))
        for (const source of await shard.findSources()) sources.add(source);
      return [...sources].sort(compareText);
    },
    findNamesEnding: async (namespace, ends, at = {}) => {
      shards.refuseHistory(at);
      const stored = await store.findNamesEnding(namespace, ends, at);
      const names = stored.filter(({ source }) => !shards.replaces(namespace, source));
      for (const shard of shards.of(namespace)) names.push(...(await shard.findNamesEnding(ends)));
      return names.sort((a, b) => compareText(a.name, b.name) || compareText(a.source, b.source));
    },
    findNamespaces: async () => {
      const namespaces = await store.findNamespaces();
      const known = new Set(namespaces.map(({ name }) => name));
      const published = shards.all
        .filter(({ file }) => !isClearedShard(file.name))
        .map(({ file }) => file.namespace);
      // A list of ratings is no namespace.
      return [
        ...namespaces,
        ...published.filter(({ name, versionScheme }) => versionScheme !== '' && !known.has(name)),
      ];
    },
  };
}

/** Returns the states of the feeds of shards. A whole list of ratings counts for every namespace. */
function publishedStates(shards: Shards): ScopedFeedState[] {
  const states = shards.known.flatMap(({ states: own, namespace }) =>
    own.map((state) => ({ ...state, namespaces: [namespace.name] })),
  );
  const ratings = shards.known.flatMap(({ ratingStates, namespace }) =>
    ratingStates.map((state) => ({
      state,
      namespaces: namespace.versionScheme === '' ? [] : [namespace.name],
    })),
  );
  const byName = Map.groupBy(ratings, ({ state }) => JSON.stringify([state.source, state.feed]));
  const scoped = [...byName.values()].flatMap((same) =>
    same
      .slice(0, 1)
      .map(({ state }) => ({ ...state, namespaces: same.flatMap(({ namespaces }) => namespaces) })),
  );
  return [...states, ...scoped];
}

function shardedVulnerabilities(store: VulnerabilityStore, shards: Shards): VulnerabilityStore {
  const findNumbersByNames: VulnerabilityStore['findNumbersByNames'] = async (names, at = {}) => {
    shards.refuseHistory(at);
    const numbers = [...(await store.findNumbersByNames(names, at))];
    for (const shard of shards.all) numbers.push(...(await shard.findNumbersByNames(names)));
    return numbers.sort((a, b) => a - b);
  };
  return {
    ...store,
    findByNumbers: async (numbers) => {
      const own = shards.without(await store.findByNumbers(numbers));
      return [...own, ...(await shards.findByNumbers(numbers))].sort((a, b) => a.number - b.number);
    },
    findNumbersById: (id, at) => findNumbersByNames([id], at),
    findNumbersByNames,
    findByIds: async (namespace, ids) => {
      const own = shards.without(await store.findByIds(namespace, ids));
      const numbers: number[] = [];
      for (const shard of shards.of(namespace)) numbers.push(...(await shard.findNumbersByIds(ids)));
      return [...own, ...(await shards.findByNumbers(numbers))].sort((a, b) => a.number - b.number);
    },
    pageByNamespace: async (namespace, page) => {
      const own = await pageOthers(namespace, page, { store, shards });
      const all = [...own];
      for (const shard of shards.of(namespace)) all.push(...(await shard.page(page)));
      return all.sort((a, b) => a.number - b.number).slice(0, page.limit);
    },
  };
}

/** Returns a page of the records of the store that no shard replaces. */
async function pageOthers(
  namespace: string,
  { limit, after }: Parameters<VulnerabilityStore['pageByNamespace']>[1],
  { store, shards }: { readonly store: VulnerabilityStore; readonly shards: Shards },
): ReturnType<VulnerabilityStore['pageByNamespace']> {
  if (shards.of(namespace).length === 0)
    return await store.pageByNamespace(namespace, { limit, ...(after !== undefined && { after }) });
  const found: { number: number; id: string }[] = [];
  for (let from = after ?? 0; found.length < limit; ) {
    const page = await store.pageByNamespace(namespace, { limit, after: from });
    const kept = shards.without(await store.findByNumbers(page.map(({ number }) => number)));
    const covering = kept.filter(({ affected }) => affected.some((row) => row.namespace.name === namespace));
    found.push(...covering.map(({ number, id }) => ({ number, id })));
    const last = page.at(-1);
    if (last === undefined || page.length < limit) break;
    from = last.number;
  }
  return found.slice(0, limit);
}

function shardedEnrichments(store: EnrichmentStore, shards: Shards): EnrichmentStore {
  return {
    ...store,
    findByIds: async (ids) => {
      const wanted = [...new Set(ids)];
      if (wanted.length > 0) await shards.openLists();
      const stored = await store.findByIds(wanted);
      return shards.isEmpty
        ? stored
        : await withPublishedRatings(stored, wanted, { store, shards: shards.all });
    },
  };
}

function shardedImages(
  store: ImageStore,
  {
    shards,
    vulnerabilities,
  }: { readonly shards: Shards; readonly vulnerabilities: Pick<VulnerabilityStore, 'findByNumbers'> },
): ImageStore {
  return {
    ...store,
    findMatches: async (image, at = {}) => {
      shards.refuseHistory(at);
      const stored = await store.findMatches(image, at);
      if (shards.isEmpty) return stored;
      const matches = stored.filter((hit) => !shards.replaces(hit.namespace.name, hit.source));
      const { packages } = await store.findByNumber(image);
      for (const shard of shards.all) matches.push(...(await shard.findMatches(packages)));
      return matches.sort(compareMatches);
    },
    findMatchesOf: async (lookups, at = {}) => {
      shards.refuseHistory(at);
      const stored = await store.findMatchesOf(lookups, at);
      const matches = stored.filter((hit) => !shards.replaces(hit.namespace.name, hit.source));
      const packages = lookups.map((lookup) => ({ lookup }));
      for (const shard of shards.all) matches.push(...(await shard.findMatches(packages)));
      return matches.sort(compareMatches);
    },
    pageAffected: async (numbers, page) =>
      shards.isEmpty
        ? await store.pageAffected(numbers, page)
        : await store.pageAffected([], {
            ...page,
            records: [...(page.records ?? []), ...(await vulnerabilities.findByNumbers(numbers))],
          }),
  };
}

/** The canonical order. Rows of one source come from the same place, in their order. */
function compareMatches(a: StoredMatch, b: StoredMatch): number {
  return a.package - b.package || compareText(a.id, b.id) || compareText(a.source, b.source);
}
