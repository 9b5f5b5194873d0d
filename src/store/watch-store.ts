import type { ImageTag } from './known-image-store.ts';

/** The state of a walk through a registry. Times are ISO 8601. */
export interface RegistryWalk {
  /** The name of the registry in the settings. */
  readonly name: string;
  /** `host[:port]` */
  readonly registry: string;
  readonly startedAt: string;
  /** Null while the walk runs, and if its process was killed. */
  readonly endedAt: string | null;
  /** When the next walk is due. Null while one runs. */
  readonly nextAt: string | null;
  /** When a walk last reached everything. Null before that. */
  readonly completedAt: string | null;
  /** Repositories and tags that the settings select. */
  readonly repositories: number;
  readonly tags: number;
  /** Scans that the walk has added, and tags that no longer exist. */
  readonly added: number;
  readonly gone: number;
  /** Repositories and tags that could not be read. */
  readonly errors: number;
  /** The last error. Null without any. */
  readonly error: string | null;
}

/** The state of a watched registry: `waiting` for its first walk, `walking`, `walked`, or `failed` if the last walk ended early. */
export type RegistryState = 'waiting' | 'walking' | 'walked' | 'failed';

/** Returns the state of a registry by its last walk. */
export function registryStateOf(
  walk: Pick<RegistryWalk, 'endedAt' | 'completedAt'> | undefined,
): RegistryState {
  if (walk === undefined) return 'waiting';
  if (walk.endedAt === null) return 'walking';
  return walk.endedAt === walk.completedAt ? 'walked' : 'failed';
}

/** A tag of a watched registry, and what it meant when it was last looked at. */
export interface WatchedTag extends ImageTag {
  readonly digest: string;
}

/** Registries that servers watch, and the tags that they have seen there. `watch` is the name of the registry in the settings. */
export interface WatchStore {
  /** Records the state of a walk. */
  saveWalk(walk: RegistryWalk): Promise<void>;
  /** Returns the last walk of each registry, by name. */
  findWalks(): Promise<readonly RegistryWalk[]>;
  /** Makes the next walk of a registry due now. */
  requestWalk(name: string): Promise<void>;
  /** Returns the repositories with known tags after a name, in order; at most `limit`. */
  pageRepositories(watch: string, after: string, limit: number): Promise<readonly string[]>;
  /** Returns the known tags of a repository, each with its digest. */
  findTags(watch: string, repository: string): Promise<ReadonlyMap<string, string>>;
  /** Records what a tag means. */
  saveTag(watch: string, tag: WatchedTag): Promise<void>;
  /** Forgets tags of a repository. */
  dropTags(watch: string, repository: string, tags: readonly string[]): Promise<void>;
}
