/** An event, or its part about one namespace, that is delivered until a client acknowledges it. */
export interface NotificationTable {
  name: string;
  event_number: number;
  /** Null if the records cover no namespace. */
  namespace_id: number | null;
  old_id: number | null;
  new_id: number | null;
  created_at: number;
  notified_at: number | null;
  deleted_at: number | null;
  /** Time of the next delivery; null if no more is due. */
  due_at: number | null;
  /** When a client last asked for another delivery; null if none did. */
  resent_at: number | null;
}

/** A notification batch: one message about one image. At most one batch of an image is open and takes more items. */
export interface DigestTable {
  name: string;
  image_id: number;
  is_open: number;
  created_at: number;
  notified_at: number | null;
  deleted_at: number | null;
  due_at: number | null;
}

/** An item of a batch: the statement of a notification about packages of an image. */
export interface DigestItemTable {
  notification: string;
  image_id: number;
  /** Hash of the content; identifies items that were added before. */
  hash: string;
  digest: string;
  /** JSON. */
  content: string;
}

/** Where a notification transport begins. */
export interface TransportStartTable {
  transport: string;
  /** Number of the last event of which it gets no notification. */
  after_event: number;
  seen_at: number;
}
