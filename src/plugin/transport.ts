import type { Fix } from '../model/fix.ts';
import type { Match } from '../model/report.ts';
import type { Vulnerability } from '../model/vulnerability.ts';

/** An image that has something vulnerable installed. */
export interface NotificationImage {
  /** What identifies its content, and the names clients gave it. */
  readonly identity: string;
  readonly names: readonly string[];
  /** What is vulnerable in it: packages of one name and version. */
  readonly packages: readonly Match['package'][];
  readonly fix: Fix;
}

/** What changed. */
export interface VulnerabilityChange {
  readonly source: string;
  /** The namespace this is about; null where the advisory speaks of none. */
  readonly namespace: string | null;
  readonly kind: 'new' | 'changed' | 'withdrawn';
  /** The vulnerability before and now, as far as it is about the namespace. */
  readonly old: Vulnerability | null;
  readonly new: Vulnerability | null;
}

/** What changed, and whom it concerns. */
export interface ChangeNotificationContent extends VulnerabilityChange {
  /** Images that it hits now, or did where it was withdrawn: the first of them. */
  readonly images: readonly NotificationImage[];
  readonly hasMoreImages: boolean;
}

/** All changes that concern one image within a span of time. */
export interface BatchNotificationContent {
  readonly image: Pick<NotificationImage, 'identity' | 'names'>;
  readonly changes: readonly (VulnerabilityChange & Pick<NotificationImage, 'packages' | 'fix'>)[];
}

/** Something to be told. */
export interface Delivery<Kind, Content> {
  readonly kind: Kind;
  /** A UUID: whoever is told twice can see that it is the same. */
  readonly name: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /**
   * When everybody had taken it before, ISO 8601: it is told again because nobody said that it was heard. Absent where that never was.
   * Who tells people may leave it at once.
   */
  readonly previouslyDeliveredAt?: string;
  /** Reads what it is about, for who sends more than the name. */
  content(): Promise<Content>;
}

/** A change, or where the server is set to make digests, all that concern an image. A change can be asked for by its name. */
export type NotificationMessage =
  | Delivery<'change', ChangeNotificationContent>
  | Delivery<'digest', BatchNotificationContent>;

/**
 * A way to tell somebody. It tries once; when to try again is not its affair, and where it fails the others are told all the same. What
 * it took it may be told again when the server was started anew meanwhile, or by another one of the same database.
 */
export interface Transport {
  readonly name: string;
  /** Comes back when the receiver has it; throws when that is not sure. Ends soon after the signal. */
  deliver(notification: NotificationMessage, signal: AbortSignal): Promise<void>;
}
