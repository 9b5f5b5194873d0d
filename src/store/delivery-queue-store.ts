/** What is told until somebody says that it was heard, each by its name. */
export interface DeliveryQueueStore<T> {
  find(name: string): Promise<T | undefined>;
  /** Those that are to be told by now, longest due first. */
  findDue(limit: number): Promise<readonly T[]>;
  /** When the next one is to be told; undefined when none is. */
  findNextDue(): Promise<string | undefined>;
  /** Notes that it was told; it is due again after a while, unless it is deleted. */
  markNotified(name: string, againAfterMs: number): Promise<void>;
  /** Notes that it is not due until then, or never again. */
  postpone(name: string, until: Date | 'ever'): Promise<void>;
  /** Notes that it was heard, also when that is known; it can still be found. False when there is none of that name. */
  markDeleted(name: string): Promise<boolean>;
}
