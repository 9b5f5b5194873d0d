import type { Fix } from '../model/fix.ts';
import type { Match } from '../model/report.ts';
import type { Vulnerability } from '../model/vulnerability.ts';

/** An affected image of a notification. */
export interface NotificationImage {
  /** Identifies the content of the image. `names` are the names that clients use for it. */
  readonly identity: string;
  readonly names: readonly string[];
  /** Its affected packages, which share one name and version. */
  readonly packages: readonly Match['package'][];
  readonly fix: Fix;
}

/** A change of a vulnerability. */
export interface VulnerabilityChange {
  readonly source: string;
  /** The namespace of the change; null if the advisory names none. */
  readonly namespace: string | null;
  readonly kind: 'new' | 'changed' | 'withdrawn';
  /** The vulnerability before (`old`) and after (`new`) the change, limited to the rows of the namespace. */
  readonly old: Vulnerability | null;
  readonly new: Vulnerability | null;
}

/** Content of a notification of one change: the vulnerability and the affected images. */
export interface ChangeNotificationContent extends VulnerabilityChange {
  /** The first affected images. For a withdrawn vulnerability, the images that it affected before. */
  readonly images: readonly NotificationImage[];
  readonly hasMoreImages: boolean;
  /** The images that a changed vulnerability affected before, and no longer does, with the findings that ended. Absent without such images. */
  readonly noLongerAffected?: EndedImages;
}

/** Images that a changed vulnerability no longer affects. */
export interface EndedImages {
  /** The first of them. */
  readonly images: readonly NotificationImage[];
  readonly hasMoreImages: boolean;
}

/** Content of a notification of all changes that affect one image within the interval `notifier.digest`. */
export interface BatchNotificationContent {
  readonly image: Pick<NotificationImage, 'identity' | 'names'>;
  readonly changes: readonly (VulnerabilityChange & Pick<NotificationImage, 'packages' | 'fix'>)[];
}

/** A notification to deliver. */
export interface Delivery<Kind, Content> {
  readonly kind: Kind;
  /** A UUID. A redelivery has the same name, so that receivers can recognise it. */
  readonly name: string;
  /** When the notification was created, ISO 8601. */
  readonly createdAt: string;
  /**
   * Set on a redelivery: when all transports had last accepted this notification, ISO 8601. Clair redelivers because no client
   * acknowledged it. Transports for people may skip it.
   */
  readonly previouslyDeliveredAt?: string;
  /** Reads the content from the database, for transports that send more than the name. */
  content(): Promise<Content>;
}

/** A notification of one change. */
export interface ChangeDelivery extends Delivery<'change', ChangeNotificationContent> {
  /** Reads the content in pages, which together have all affected images and those that are no longer affected. Absent if `content` has all of them. */
  pages?(): AsyncIterable<ChangeNotificationContent>;
}

/** One change, or with `notifier.digest` all changes that affect one image. Clients can request a change by its name. */
export type NotificationMessage = ChangeDelivery | Delivery<'digest', BatchNotificationContent>;

/**
 * Delivers notifications. It makes one attempt; clair retries, and the other transports deliver independently. It may receive a
 * notification again after a restart of the server, or from another server with the same database.
 */
export interface Transport {
  readonly name: string;
  /**
   * Returns whether the receiver needs a notification. If no transport needs it, it is never offered again. Absent: each is needed.
   */
  wants?(notification: NotificationMessage): Promise<boolean>;
  /**
   * Present if the receiver reads all changes of an update by the name of one notification. It gets the first one of an update that it needs,
   * and no other.
   */
  readonly isPerUpdate?: true;
  /** Resolves when the receiver has the notification; rejects if that is uncertain. Settles soon after the signal is aborted. */
  deliver(notification: NotificationMessage, signal: AbortSignal): Promise<void>;
}
