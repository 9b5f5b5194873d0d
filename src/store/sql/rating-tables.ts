/** Something that an enricher knows of a vulnerability. */
export interface EnrichmentTable {
  feed_id: number;
  id: string;
  hash: string;
  /** As JSON, without the id. */
  data: string;
}

/** The EPSS scores of some CVEs of a year. */
export interface ScorePackTable {
  feed_id: number;
  /** See `blockOf`. */
  block: number;
  /** See `ScorePack`. */
  content: Uint8Array;
}

/** The answer to a lookup of one vulnerability. */
export interface LookedUpTable {
  id: string;
  source: string;
  source_version: number;
  origin: string;
  asked_at: number;
  /** As JSON, without the id; null where there was no document. */
  data: string | null;
}

/** What an enricher says that differs from what is stored; `data` is null where it says no more. */
export interface IncomingEnrichmentTable {
  id: string;
  hash: string | null;
  data: string | null;
}
