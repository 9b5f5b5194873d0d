import type { Generated } from 'kysely';

/** An enrichment of a vulnerability. */
export interface EnrichmentTable {
  feed_id: number;
  id: string;
  hash: string;
  /** JSON, without the id. */
  data: string;
}

/** EPSS scores of a block of CVEs of a year. */
export interface ScorePackTable {
  feed_id: number;
  /** See `blockOf`. */
  block: number;
  /** See `ScorePack`. */
  content: Uint8Array;
}

/** The result of looking up one vulnerability. */
export interface LookedUpTable {
  id: string;
  source: string;
  source_version: number;
  origin: string;
  asked_at: number;
  /** JSON, without the id; null if there was no document. */
  data: string | null;
}

/** Ids of vulnerabilities whose ratings have changed, until their findings are counted again. */
export interface RatingChangeTable {
  number: Generated<number>;
  /** JSON; null for any vulnerability. */
  ids: string | null;
}

/** An enrichment that differs from the stored one; `data` is null if the enricher no longer has it. */
export interface IncomingEnrichmentTable {
  id: string;
  hash: string | null;
  data: string | null;
}
