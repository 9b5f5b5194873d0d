import type { Generated } from 'kysely';

/** A scan of an image, which is run once. */
export interface ScanJobTable {
  /** Its id. */
  name: string;
  /** Index in `scanLanes`. */
  lane: number;
  registry: string;
  reference: string;
  /** Empty for that of the machine that runs it. */
  platform: string;
  state: 'waiting' | 'running' | 'done' | 'failed';
  run_at: number;
  attempt: number;
  /** How often it was made due again after it had failed. */
  repetitions: Generated<number>;
  /** The process that runs it, and the time at which others may; null if none does. */
  owner: string | null;
  expires_at: number | null;
  /** Rises with each claim. */
  number: number;
  step: string | null;
  error: string | null;
  digest: string | null;
  created_at: number;
  ended_at: number | null;
  /** See `ScanOrder`. Null without an order. */
  subject: string | null;
  /** Null without an order, and after the end. */
  access: string | null;
  /** Null if the client chose none. */
  credentials: string | null;
}

/** The document from which reports of an image are made without its registry: see `writeImageSource`. */
export interface ImageSourceTable {
  known_image_id: number;
  /** JSON. */
  content: string;
}
