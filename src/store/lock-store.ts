/**
 * A lock or a job that one process has for a time. Pass the lease to the writes that it protects: they are refused once another process
 * has taken over.
 */
export interface Lease {
  readonly table: 'lock' | 'job' | 'scan_job';
  readonly name: string;
  readonly owner: string;
  /** Rises with each take-over. */
  readonly number: number;
}

/** Mutual exclusion between processes. A lock expires, so it becomes free if its holder dies. */
export interface LockStore {
  /** Takes the lock. Returns undefined while any holder has it. `owner` names the process. */
  acquire(name: string, owner: string, forMs: number): Promise<Lease | undefined>;
  /** Extends a lease. Returns false if another process has taken over. */
  renew(lease: Lease, forMs: number): Promise<boolean>;
  release(lease: Lease): Promise<void>;
}

/** Small values by key. */
export interface KeyValueStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}
