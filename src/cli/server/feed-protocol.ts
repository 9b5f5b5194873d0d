import type { Config } from '../../config/settings.ts';
import type { SerializedError } from '../../core/serialized-error.ts';
import type { FeedOutcome } from '../../service/feeds/update-feeds.ts';
import type { RetentionTerms } from '../../store/store.ts';

/** Settings of the thread that updates feeds, passed when it starts. */
export interface FeedThreadSetup {
  readonly database: Config['database'];
  /** Name of the database in memory that the server uses; absent for any other. */
  readonly memoryName?: string;
  readonly plugins: readonly PluginModule[];
}

/** A plugin as the server has loaded it. */
export interface PluginModule {
  readonly path: string;
  /** URL of its module: changed code has another. */
  readonly module: string;
}

/** Work of the thread. */
export type FeedTask =
  | {
      readonly kind: 'update';
      readonly source: string;
      readonly feed: string;
      /** A directory or URL that holds the feeds; absent for upstream. */
      readonly mirror?: string | undefined;
      /** Feeds that another process has checked less than this ago are left alone. */
      readonly youngerThanMs: number;
    }
  | { readonly kind: 'collect'; readonly terms: RetentionTerms };

/** Messages to the thread. Several tasks may run at a time; each has an id. */
export type ToFeedThread =
  | { readonly kind: 'task'; readonly id: number; readonly task: FeedTask }
  /** Give up everything, close the database and end. */
  | { readonly kind: 'stop' };

/** Messages from the thread. The last message of a task is its answer. */
export type FromFeedThread =
  | { readonly kind: 'progress'; readonly id: number; readonly step: string }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: FeedTaskResult };

/** The outcome of an update without its source, nothing for a collection, or the error of a task that failed as a whole. */
export type FeedTaskResult =
  | { readonly outcome: SentOutcome }
  | { readonly done: true }
  | { readonly error: SerializedError };

/** An outcome as it is sent: the source is known, and an error loses its class on the way. */
export type SentOutcome =
  | Sent<Exclude<FeedOutcome, { outcome: 'failed' }>>
  | { readonly outcome: 'failed'; readonly error: SerializedError };

type Sent<T> = T extends unknown ? Omit<T, 'source' | 'feed'> : never;
