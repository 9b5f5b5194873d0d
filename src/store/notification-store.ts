import type { DeliveryQueueStore } from './delivery-queue-store.ts';

/** An event, or the part of it that is about one namespace, to be told until somebody says it was heard. */
export interface Notification {
  /** A random UUID. */
  readonly name: string;
  /** Number of the event. */
  readonly event: number;
  readonly source: string;
  /** The key of the record in its feed, and the id of the vulnerability. */
  readonly key: string;
  readonly id: string;
  /** What it is about; null where the records speak of no namespace. */
  readonly namespace: string | null;
  /** Numbers of the record as it spoke of the namespace before, and does now; null where it did or does not. */
  readonly old: number | null;
  readonly new: number | null;
  readonly createdAt: string;
  readonly notifiedAt: string | null;
  readonly deletedAt: string | null;
  /** When it is to be told next; null when never again. */
  readonly dueAt: string | null;
}

/** What is told of events, and whether it was. Notifications last as long as their events. */
export interface NotificationStore extends DeliveryQueueStore<Notification> {
  /**
   * Makes the notifications of the next events, at most of so many, and answers of how many it did. Each event comes once,
   * whoever makes them and however often it breaks off.
   */
  createFromEvents(events: number): Promise<number>;
}
