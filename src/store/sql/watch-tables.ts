/** The last walk through a watched registry. */
export interface WatchedRegistryTable {
  name: string;
  registry: string;
  started_at: number;
  ended_at: number | null;
  next_at: number | null;
  completed_at: number | null;
  repositories: number;
  tags: number;
  added: number;
  gone: number;
  errors: number;
  error: string | null;
}

/** A tag of a watched registry, and its digest when it was last looked at. */
export interface WatchedTagTable {
  /** The name of the registry in the settings. */
  watch: string;
  /** With its registry. */
  repository: string;
  tag: string;
  digest: string;
}

/** A name in a notification of a registry, until it was looked at. */
export interface NoticedNameTable {
  /** The name of the registry in the settings. */
  watch: string;
  /** Without its registry. */
  repository: string;
  /** A tag, or a digest of which all known tags are looked at. */
  name: string;
  /** The digest that the notification states for a pushed tag. */
  pushed: string | null;
  added_at: number;
  run_at: number;
  attempt: number;
  /** Rises with each notification and each claim. */
  number: number;
}
