import type { Fix } from '../model/fix.ts';
import type { Match } from '../model/report.ts';
import type { DeliveryQueueStore } from './notification-store.ts';

/** The part of an image that a change concerns: packages of one name and version. */
export interface BatchItem {
  /** Number of the image. */
  readonly image: number;
  readonly packages: readonly Match['package'][];
  readonly fix: Fix;
}

/** One message about one image: all changes that concern the image within a window of time. */
export interface NotificationBatch {
  /** A random UUID. */
  readonly name: string;
  readonly image: number;
  readonly createdAt: string;
  readonly notifiedAt: string | null;
  readonly deletedAt: string | null;
  /** Time of the next delivery; null if no more is due. */
  readonly dueAt: string | null;
}

/** Content of a closed batch. */
export interface StoredBatchContent {
  readonly identity: string;
  /** Names of the ancestries and v1 layers that currently refer to the image, sorted. */
  readonly names: readonly string[];
  /** In the order of notifications. A notification has several items if the image has packages of several versions. */
  readonly items: readonly (Omit<BatchItem, 'image'> & { readonly notification: string })[];
}

/**
 * Notification batches. A batch is open from the first change that concerns its image until its first delivery. Batches last as
 * long as their notifications.
 */
export interface BatchStore extends DeliveryQueueStore<NotificationBatch> {
  /**
   * Adds the items of a notification to the open batches of their images. An image without one gets a new batch, which is due
   * after `windowMs`. Skips items that any batch already has.
   */
  add(notification: string, items: readonly BatchItem[], windowMs: number): Promise<void>;
  /** Closes a batch and reads it. The content of a closed batch never changes, so redelivery sends the same. */
  close(name: string): Promise<StoredBatchContent | undefined>;
}
