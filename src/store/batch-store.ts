import type { Fix } from '../model/fix.ts';
import type { Match } from '../model/report.ts';
import type { DeliveryQueueStore } from './delivery-queue-store.ts';

/** What of an image a change concerns: packages of one name and version. */
export interface BatchItem {
  /** Number of the image. */
  readonly image: number;
  readonly packages: readonly Match['package'][];
  readonly fix: Fix;
}

/** What is told of one image in one message: all changes that concern it within a span of time. */
export interface NotificationBatch {
  /** A random UUID. */
  readonly name: string;
  readonly image: number;
  readonly createdAt: string;
  readonly notifiedAt: string | null;
  readonly deletedAt: string | null;
  /** When it is to be told next; null when never again. */
  readonly dueAt: string | null;
}

/** What a digest that takes no more has to tell. */
export interface StoredBatchContent {
  readonly identity: string;
  /** Names of ancestries and v1 layers that stand for the image now, sorted. */
  readonly names: readonly string[];
  /** By notification in their order; a notification has several where the image has packages of several versions. */
  readonly items: readonly (Omit<BatchItem, 'image'> & { readonly notification: string })[];
}

/** Digests, each open from the first change that concerns its image until it is first told. They last as long as their notifications. */
export interface BatchStore extends DeliveryQueueStore<NotificationBatch> {
  /**
   * Adds what a notification tells of images to their open digests, or to new ones that are due after a span of time. What was
   * added before, to whichever digest, is not added again.
   */
  add(notification: string, items: readonly BatchItem[], windowMs: number): Promise<void>;
  /** Has a digest take no more, and reads it: from now on it tells the same whenever it is told. */
  close(name: string): Promise<StoredBatchContent | undefined>;
}
