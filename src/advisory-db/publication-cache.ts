import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { isSystemError } from '../core/system-error.ts';
import { sha256Of } from '../kit/sha256.ts';
import { writeFileAtomically } from '../kit/write-file-atomically.ts';
import { digestHex } from '../model/digest.ts';
import { catalogueParts } from './documents.ts';
import { touchFile } from './shard-cache.ts';
import { trusts } from './trust-policy.ts';

const { shard, feed, digest, time } = catalogueParts;

/** A shard of an earlier version of a published database, with what its catalogue said about it. */
const earlierShard = z.object({
  shard,
  keys: z.record(z.string(), z.number()),
  ratings: z.array(feed),
});

const publicationState = z.object({
  /** When the place last confirmed that this is the current version. */
  checkedAt: time,
  digest,
  fingerprint: z.string(),
  trust: z.enum(trusts),
  catalogue: z.object({ digest, size: z.int() }),
  /** Shards of earlier versions that are in the cache, by namespace: for use until the current one is. */
  earlier: z.record(z.string(), earlierShard),
});

/** The last version of a published database that was accepted from a place. */
export type PublicationState = z.infer<typeof publicationState>;
/** A shard of an earlier version of a published database. */
export type EarlierShard = z.infer<typeof earlierShard>;

/** The catalogues in a cache directory, by places. */
export class PublicationCache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = join(directory, 'catalogues');
  }

  /**
   * Returns the last accepted version, with its catalogue in compressed form. Undefined if no version was accepted, or if its files are
   * damaged.
   */
  read(key: string): { readonly state: PublicationState; readonly catalogue: Buffer } | undefined {
    try {
      const parsed = publicationState.safeParse(JSON.parse(readFileSync(this.#statePath(key), 'utf8')));
      if (!parsed.success) return undefined;
      const catalogue = readFileSync(this.#cataloguePath(parsed.data));
      const isWhole = `sha256:${sha256Of(catalogue)}` === parsed.data.catalogue.digest;
      return isWhole ? { state: parsed.data, catalogue } : undefined;
    } catch (error) {
      if (error instanceof SyntaxError || isSystemError(error)) return undefined;
      throw error;
    }
  }

  /** Writes the catalogue first, so that a process that is killed leaves the state before. */
  async write(key: string, state: PublicationState, catalogue: Buffer): Promise<void> {
    const path = this.#cataloguePath(state);
    if (existsSync(path)) touchFile(path, new Date());
    else await writeFileAtomically(path, [catalogue]);
    await writeFileAtomically(this.#statePath(key), [Buffer.from(JSON.stringify(state))]);
  }

  #statePath(key: string): string {
    return join(this.#directory, `${sha256Of(key).slice(0, 32)}.json`);
  }

  #cataloguePath({ catalogue }: PublicationState): string {
    return join(this.#directory, `${digestHex(catalogue.digest)}.zst`);
  }
}
