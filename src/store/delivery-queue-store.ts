/** A queue of undelivered notifications, keyed by name. */
export interface DeliveryQueueStore<T> {
  find(name: string): Promise<T | undefined>;
  /** Returns the entries that are due, the longest overdue first. */
  findDue(limit: number): Promise<readonly T[]>;
  /** Returns the time at which the next entry is due; undefined if none is. */
  findNextDue(): Promise<string | undefined>;
  /** Records a delivery. The entry is due again after `againAfterMs` unless a client deletes it. */
  markNotified(name: string, againAfterMs: number): Promise<void>;
  /** Makes an entry due at a time, or never again. */
  postpone(name: string, until: Date | 'ever'): Promise<void>;
  /** Records that a client acknowledged an entry, which can still be found. Repeating this is harmless. False if no entry has that name. */
  markDeleted(name: string): Promise<boolean>;
}
