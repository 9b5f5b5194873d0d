import { hash } from 'node:crypto';
import { ClairError } from '../../core/errors.ts';
import { type CveNumber, cveId, cveNumberOf } from '../../model/cve.ts';
import type { ScoreBatch } from '../../model/score-batch.ts';
import type { SkippedRecord } from '../../plugin/advisory-source.ts';
import type { EnrichmentRecord, RatingRecord } from '../../plugin/enricher.ts';
import type { FeedUpdate } from '../advisory-store.ts';
import type { DigestedRating } from '../enrichment-store.ts';
import { type SkippedSample, skippedSampleMax } from '../feed-state.ts';
import type { RowWriter } from './bulk-writer.ts';
import { isWhole } from './feed-update.ts';
import type { RatingHashes } from './rating-hashes.ts';
import { blockOf, isScoreAlone, mergeScores, ScorePack, ScorePackBuilder, yearOf } from './score-packs.ts';

/** The packed scores of a block that differ from the stored ones; a block without scores is deleted. */
export interface ChangedPack {
  readonly block: number;
  readonly pack: ScorePack;
}

/** A row to compare with the stored hash. `document` is the hash of the document that it was read from; empty without one. */
interface ComparedRow {
  readonly id: string;
  readonly before: string | undefined;
  readonly document: string;
  readonly data: string;
}

const noScores: ScorePack = new ScorePack(new Uint8Array());

/** Differences of a stream of enrichments from the stored ones. Scores of CVEs are packed; everything else is a row. */
export class EnrichmentDiff {
  /**
   * Hashes by id. One table also for the ids that the stream has named, because lookups take a good part of the time. A hash is that of the
   * data, and behind it that of the document it was read from, if there was one.
   */
  readonly #stored: RatingHashes;
  readonly #storedPacks: ReadonlyMap<number, ScorePack>;
  readonly #writer: RowWriter;
  readonly #update: FeedUpdate;
  readonly #scores: ScorePackBuilder;
  /** The scores as packs, once the stream has ended. */
  #packs = new Map<number, ScorePack>();
  /** Skipped ids whose packed scores stay. */
  readonly #skippedScoreIds = new Set<string>();

  readonly changedPacks: ChangedPack[] = [];
  added = 0;
  changed = 0;
  removed = 0;
  unchanged = 0;
  skipped = 0;
  readonly sample: SkippedSample[] = [];

  constructor({
    stored,
    storedPacks,
    writer,
    update,
  }: {
    stored: RatingHashes;
    storedPacks: ReadonlyMap<number, ScorePack>;
    writer: RowWriter;
    update: FeedUpdate;
  }) {
    this.#stored = stored;
    this.#storedPacks = storedPacks;
    this.#scores = new ScorePackBuilder(update);
    this.#writer = writer;
    this.#update = update;
  }

  /** Reads the stream to its end and stages the differences. Throws `feed-corrupt` for a duplicate id. */
  async read(records: AsyncIterable<EnrichmentRecord | DigestedRating>): Promise<void> {
    for await (const record of records) {
      if (record.kind === 'document') {
        await this.#compareDocument(record);
        continue;
      }
      if (record.kind === 'skipped') {
        this.#skip(record);
        continue;
      }
      if (record.kind === 'scores') {
        await this.#addBatch(record.batch);
        continue;
      }
      // A stream has hundreds of thousands of records, so needless awaits are slow.
      const full = this.#compare(record);
      if (full !== undefined) await full;
    }
    if (isWhole(this.#update)) {
      for (const id of this.#stored.unnamed()) {
        this.removed++;
        const full = this.#writer.add([id, null, null]);
        if (full !== undefined) await full;
      }
    }
    await this.#writer.finish();
    this.#mergePacks();
  }

  /** Returns whether the stream has a valid record of an id. */
  isNamed(id: string): boolean {
    const cve = cveNumberOf(id);
    return (
      this.#stored.find(id) === null ||
      (cve !== undefined && this.#packs.get(blockOf(cve))?.has(cve.number) === true)
    );
  }

  /** Returns whether a document gave the stored rating. */
  isKnown({ id, digest: sha256 }: Pick<DigestedRating, 'id' | 'digest'>): boolean {
    return this.#stored.find(id)?.slice(digestChars) === textOf(sha256);
  }

  async #addBatch({ count, years, numbers, scores, percentiles }: ScoreBatch): Promise<void> {
    for (let row = 0; row < count; row++) {
      const cve = { year: years[row] ?? 0, number: numbers[row] ?? 0 };
      this.#scores.add(cve, scores[row] ?? 0, percentiles[row] ?? 0);
      if (this.#stored.size > 0) await this.#dropRow(cve);
    }
  }

  /** Deletes a score that an earlier version stored as a row; it is packed from now on. */
  async #dropRow(cve: CveNumber): Promise<void> {
    const id = cveId(cve);
    if (typeof this.#stored.find(id) !== 'string') return;
    this.#stored.delete(id);
    this.removed++;
    await this.#writer.add([id, null, null]);
  }

  #mergePacks(): void {
    this.#packs = this.#scores.packs();
    const removesOthers = isWhole(this.#update);
    for (const block of new Set([...this.#storedPacks.keys(), ...this.#packs.keys()])) {
      const before = this.#storedPacks.get(block) ?? noScores;
      const stays = (number: number): boolean =>
        !removesOthers || this.#skippedScoreIds.has(cveId({ year: yearOf(block), number }));
      const merged = mergeScores(before, this.#packs.get(block) ?? noScores, stays);
      this.added += merged.added;
      this.changed += merged.changed;
      this.removed += merged.removed;
      this.unchanged += merged.unchanged;
      if (merged.pack !== before) this.changedPacks.push({ block, pack: merged.pack });
    }
  }

  /** Compares the rating of a document. Does not read the document if it gave the stored rating. */
  async #compareDocument(document: DigestedRating): Promise<void> {
    const { id, digest: sha256, read } = document;
    if (this.isKnown(document)) {
      this.#stored.name(id);
      this.unchanged++;
      return;
    }
    const record = read();
    if (record.kind === 'skipped') this.#skip(record);
    else await this.#compare(record, textOf(sha256));
  }

  #compare({ kind, id, ...content }: RatingRecord, document = ''): Promise<void> | undefined {
    const cve = isScoreAlone(content) ? cveNumberOf(id) : undefined;
    if (cve !== undefined && content.epss !== undefined) {
      this.#scores.add(cve, content.epss.score, content.epss.percentile);
      return this.#stored.size > 0 ? this.#dropRow(cve) : undefined;
    }
    const before = this.#stored.find(id);
    if (before === null) {
      const { source, feed } = this.#update;
      throw new ClairError(
        'feed-corrupt',
        `${source} ${feed}: ${id} occurs twice; the current content stays`,
      );
    }
    this.#stored.name(id);
    return this.#stageChange({ id, before, document, data: JSON.stringify(content) });
  }

  /** Stages a row if its data differs from the stored one, or if the data is from another document. */
  #stageChange({ id, before, document, data }: ComparedRow): Promise<void> | undefined {
    const now = digest(data);
    const isSame = before?.slice(0, digestChars) === now;
    if (isSame) this.unchanged++;
    else if (before === undefined) this.added++;
    else this.changed++;
    const isSameDocument = document === '' || before === now + document;
    return isSame && isSameDocument ? undefined : this.#writer.add([id, now + document, data]);
  }

  /** Skips a record. Its earlier form stays. */
  #skip({ key, reason }: SkippedRecord): void {
    if (this.#stored.find(key) !== null) this.#stored.delete(key);
    this.#skippedScoreIds.add(key);
    this.skipped++;
    if (this.sample.length < skippedSampleMax) this.sample.push({ key, reason });
  }
}

/** Length of a hash. It still distinguishes texts, and hundreds of thousands are in memory. */
const digestChars = 22;

function digest(text: string): string {
  return shortened(hash('sha256', text, 'base64'));
}

function textOf(sha256: Uint8Array): string {
  return shortened(Buffer.from(sha256).toString('base64'));
}

function shortened(base64: string): string {
  return base64.slice(0, digestChars);
}
