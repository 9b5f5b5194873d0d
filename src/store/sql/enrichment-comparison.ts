import { hash } from 'node:crypto';
import { ClairError } from '../../kit/errors.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import type { SkippedRecord } from '../../plugin/advisory-source.ts';
import { type FeedUpdate, type SkippedSample, skippedSampleMax } from '../store.ts';
import type { RowWriter } from './bulk-writer.ts';

/** How a stream of enrichments differs from what is stored. */
export class EnrichmentComparison {
  /** Hashes by id; null once the stream has named an id. One table, because looking into it is a good part of the work. */
  readonly #stored: Map<string, string | null>;
  readonly #writer: RowWriter;
  readonly #update: FeedUpdate;

  added = 0;
  changed = 0;
  removed = 0;
  unchanged = 0;
  skipped = 0;
  readonly sample: SkippedSample[] = [];

  constructor({
    stored,
    writer,
    update,
  }: { stored: Map<string, string | null>; writer: RowWriter; update: FeedUpdate }) {
    this.#stored = stored;
    this.#writer = writer;
    this.#update = update;
  }

  /** Reads the stream to its end and lays down what differs. Throws `feed-corrupt` for an id that comes twice. */
  async read(records: AsyncIterable<Enrichment | SkippedRecord>): Promise<void> {
    for await (const record of records) {
      if ('skipped' in record) {
        this.#skip(record);
        continue;
      }
      // Hundreds of thousands of them: waiting where nothing has to be waited for is felt.
      const full = this.#compare(record);
      if (full !== undefined) await full;
    }
    if (this.#update.extent !== 'changes') {
      for (const [id, hash] of this.#stored) {
        if (hash === null) continue;
        this.removed++;
        await this.#writer.add([id, null, null]);
      }
    }
    await this.#writer.finish();
  }

  /** Whether the stream has said something of an id that could be understood. */
  isNamed(id: string): boolean {
    return this.#stored.get(id) === null;
  }

  #compare({ id, ...rest }: Enrichment): Promise<void> | undefined {
    const before = this.#stored.get(id);
    if (before === null) {
      const { source, feed } = this.#update;
      throw new ClairError('feed-corrupt', `${source} ${feed}: ${id} comes twice; the old content stays`);
    }
    const data = JSON.stringify(rest);
    const now = digest(data);
    this.#stored.set(id, null);
    if (before === now) {
      this.unchanged++;
      return undefined;
    }
    if (before === undefined) this.added++;
    else this.changed++;
    return this.#writer.add([id, now, data]);
  }

  /** What it said before stays. */
  #skip({ key, skipped: reason }: SkippedRecord): void {
    if (!this.isNamed(key)) this.#stored.delete(key);
    this.skipped++;
    if (this.sample.length < skippedSampleMax) this.sample.push({ key, reason });
  }
}

/** As much of a hash as tells two texts apart: hundreds of thousands are held at a time. */
function digest(text: string): string {
  return hash('sha256', text, 'base64').slice(0, 22);
}
