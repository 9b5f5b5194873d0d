import type { Namespace } from '../model/namespace.ts';
import type { KeyedVulnerability } from './advisory-store.ts';
import type { FeedName } from './feed-state.ts';
import type { Lease } from './lock-store.ts';
import type { PageRequest } from './page.ts';

/** A queue of undelivered notifications, keyed by name. */
export interface DeliveryQueueStore<T> {
  find(name: string): Promise<T | undefined>;
  /** Returns the entries that are due, the longest overdue first. */
  findDue(limit: number): Promise<readonly T[]>;
  /**
   * Records a delivery. The entry is due again after `againAfterMs` unless a client deletes it. Throws `store-conflict` if another process
   * has taken over the lease.
   */
  markNotified(name: string, againAfterMs: number, lease?: Lease): Promise<void>;
  /** Makes an entry due at a time, or never again. Throws `store-conflict` if another process has taken over the lease. */
  postpone(name: string, until: Date | 'ever', lease?: Lease): Promise<void>;
  /** Records that a client acknowledged an entry, which can still be found. Repeating this is harmless. False if no entry has that name. */
  markDeleted(name: string): Promise<boolean>;
}

/** An event, or its part about one namespace, that is delivered until a client acknowledges it. */
export interface Notification {
  /** A random UUID. */
  readonly name: string;
  /** Number of the event. */
  readonly event: number;
  readonly source: string;
  /** Key of the record in its feed, and id of the vulnerability. */
  readonly key: string;
  readonly id: string;
  /** The namespace concerned; null if the records cover none. */
  readonly namespace: string | null;
  /** Numbers of the record that covered the namespace before, and that covers it now, or null. */
  readonly old: number | null;
  readonly new: number | null;
  readonly createdAt: string;
  readonly notifiedAt: string | null;
  readonly deletedAt: string | null;
  /** Time of the next delivery; null if no more is due. */
  readonly dueAt: string | null;
  /** When a client last asked for another delivery; null if none did. */
  readonly resentAt: string | null;
}

/** Where a transport begins: it gets no notification of earlier changes, unless a client asks for its delivery. */
export interface TransportStart {
  readonly transport: string;
  /** Number of the last event before the transport was first seen; 0 if it gets all. */
  readonly afterEvent: number;
  /** When it was first seen. */
  readonly seenAt: string;
  /** Number of changes that were not delivered by then, which it does not get. Present only when it is first seen. */
  readonly skipped?: number;
}

/**
 * How far a notification is: `due` until all receivers have accepted it, then `delivered`, and `acknowledged` once a client has deleted it.
 * `skipped`: no receiver wants it, or a batch has it.
 */
export const notificationStates = ['due', 'delivered', 'acknowledged', 'skipped'] as const;

/** An element of `notificationStates`. */
export type NotificationState = (typeof notificationStates)[number];

/** Returns how far a notification is. */
export function stateOfNotification({
  notifiedAt,
  deletedAt,
  dueAt,
}: Pick<Notification, 'notifiedAt' | 'deletedAt' | 'dueAt'>): NotificationState {
  if (deletedAt !== null) return 'acknowledged';
  if (notifiedAt !== null) return 'delivered';
  return dueAt === null ? 'skipped' : 'due';
}

/** Where a page of notifications ends: the number of the event, and the name. */
export type NotificationPlace = readonly [event: number, name: string];

/** A page of notifications, those of the newest events first. `next` is absent on the last page. */
export interface NewestNotifications {
  readonly notifications: readonly Notification[];
  readonly next?: NotificationPlace | undefined;
}

/** A notification of another program that a client has not acknowledged there. At least one side is present. */
export interface ImportedNotification {
  /** Clients know it by this name. */
  readonly name: string;
  readonly createdAt: Date;
  readonly notifiedAt: Date | null;
  /** Id of the vulnerability. */
  readonly id: string;
  readonly namespace: Namespace;
  readonly old: KeyedVulnerability | null;
  readonly new: KeyedVulnerability | null;
}

/** Notifications of events and their delivery state. Notifications last as long as their events. */
export interface NotificationStore extends DeliveryQueueStore<Notification> {
  /**
   * Returns where transports begin, and records those that are seen for the first time. Those of a database of an earlier version, which did
   * not record them, get all.
   */
  beginTransports(names: readonly string[]): Promise<readonly TransportStart[]>;
  /**
   * Creates the notifications of at most `events` further events; returns the number of events handled. Handles each event
   * exactly once, even if several processes do this or one is interrupted.
   */
  createFromEvents(events: number): Promise<number>;
  /**
   * Saves notifications of another program, which are due at once. Skips names that are known; returns the number of saved ones. Their sides
   * belong to the feed, which must exist, and are valid at no time: no report and no list of events has them.
   */
  takeOver(feed: FeedName, notifications: readonly ImportedNotification[]): Promise<number>;
  /**
   * Returns notifications in one state, or in all. Reads at most `limits.listedEvents` of them for one page: with a state, a page may have few
   * notifications, or none, and a next page nevertheless.
   */
  pageNewest(
    state: NotificationState | undefined,
    page: PageRequest<NotificationPlace>,
  ): Promise<NewestNotifications>;
  /** Makes a notification due now, unless a client has acknowledged it. Returns it as it is then. Undefined if it is unknown. */
  resend(name: string): Promise<Notification | undefined>;
  /**
   * Returns when the next notification or batch is due, by one query. Returns the current time if there are events without notifications,
   * and undefined if nothing is due ever.
   */
  findNextDue(): Promise<string | undefined>;
  /**
   * Makes a notification represent the update of its feed, which is all changes that one application made, unless another one does. Returns
   * the name of the one that does: the same for every caller.
   */
  representUpdate(name: string): Promise<string>;
  /**
   * Returns a page of the notifications of the update that a notification represents, in the order of their events. `after` is the name of the
   * last one of the previous page. Undefined if the notification represents no update. Throws `usage` for an unknown `after`.
   */
  pageOfUpdate(name: string, page: PageRequest<string>): Promise<readonly Notification[] | undefined>;
}
