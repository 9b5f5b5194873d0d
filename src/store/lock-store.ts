/** Mutual exclusion between processes. A lock expires, so it becomes free if its owner dies. */
export interface LockStore {
  /** Takes or renews the lock for `owner`; false while another owner holds it. */
  acquire(name: string, owner: string, forMs: number): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;
}

/** Small values by key. */
export interface KeyValueStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}
