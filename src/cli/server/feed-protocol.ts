import type { Config } from '../../config/settings.ts';
import type { SerializedError } from '../../core/errors.ts';
import type { FeedOutcome } from '../../service/feeds/update-feeds.ts';
import type { FeedName } from '../../store/feed-state.ts';
import type { LabelWeight } from '../../store/finding-index-store.ts';
import type { Lease } from '../../store/lock-store.ts';
import type { RetentionTerms } from '../../store/maintenance.ts';
import type { PublishedOptions } from '../open-places.ts';

/** Settings of the thread that updates feeds, passed when it starts. */
export interface FeedThreadSetup {
  readonly database: Config['database'];
  /** Name of the database in memory that the server uses; absent for other databases. */
  readonly memoryName?: string;
  readonly plugins: readonly PluginModule[];
  /** How much the images of labels count when upgrades are ranked. */
  readonly labelWeights: readonly LabelWeight[];
  /** Published databases, and the feeds of advisories that the server uses. Absent without published databases. */
  readonly published?: PublishedSetup;
}

/** Published databases of a server, and what it trusts. */
export interface PublishedSetup extends Pick<PublishedOptions, 'from' | 'root' | 'acceptExpired' | 'words'> {
  readonly wanted: readonly FeedName[];
}

/** A plugin as the server has loaded it. */
export interface PluginModule {
  readonly path: string;
  /** URL of its module, which differs after a change of the code. */
  readonly module: string;
}

/** A task of the thread: the update of a feed, garbage collection, or counting findings. */
export type FeedTask =
  | {
      readonly kind: 'update';
      readonly source: string;
      readonly feed: string;
      /** Directory or URL of a mirror; absent for upstream. */
      readonly mirror?: string | undefined;
      /** Whether published databases are asked first. */
      readonly asksPublished?: boolean;
      /** Maximum age of a check by another process that makes an update unnecessary. */
      readonly youngerThanMs: number;
    }
  /** `lease`: that of the job, without which nothing is deleted. */
  | { readonly kind: 'collect'; readonly terms: RetentionTerms; readonly lease: Lease }
  | { readonly kind: 'count'; readonly lease: Lease };

/** Messages to the thread. Several tasks may run concurrently; each has an id. */
export type ToFeedThread =
  | { readonly kind: 'task'; readonly id: number; readonly task: FeedTask }
  /** Cancels all tasks, closes the database and ends the thread. */
  | { readonly kind: 'stop' };

/** Messages from the thread. `answer` is the last message of a task. */
export type FromFeedThread =
  | { readonly kind: 'progress'; readonly id: number; readonly step: string }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: FeedTaskResult };

/** The result of a task: the outcome of an update, the end of another task, or the error of a failed one. */
export type FeedTaskResult =
  | { readonly outcome: SentOutcome }
  | { readonly done: true }
  | { readonly error: SerializedError };

/** An outcome in a message: without the source, and with a serialized error. */
export type SentOutcome =
  | Sent<Exclude<FeedOutcome, { outcome: 'failed' }>>
  | { readonly outcome: 'failed'; readonly error: SerializedError };

type Sent<T> = T extends unknown ? Omit<T, 'source' | 'feed'> : never;
