/** Where an attacker finds the server, and what it has at hand. */
export interface Target {
  readonly api: number;
  readonly health: number;
  /** A directory for files that the server may read. */
  readonly directory: string;
}

/** An attack on a server, which runs in a process of its own until it is stopped. */
export interface Attack {
  readonly name: string;
  /** Settings that the server needs for it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it is tried on PostgreSQL as well as on SQLite. */
  readonly onPostgres?: true;
  /** Whether it needs a namespace with many vulnerabilities. */
  readonly needsLists?: true;
  /** Lays files out before the server starts, in the directory that the target names, and returns further settings. */
  prepare?(directory: string): Readonly<Record<string, string>>;
  /** Begins it. It goes on by itself until its process ends. */
  run(target: Target): Promise<void>;
}

/** Runs a step over and over, as many at a time. Failures of a step are what the server does against the attack. */
export function repeat(atOnce: number, step: () => Promise<unknown>): void {
  for (let i = 0; i < atOnce; i++) void repeatOne(step);
}

async function repeatOne(step: () => Promise<unknown>): Promise<never> {
  for (;;) {
    try {
      await step();
    } catch {
      // A refused connection would be tried again without a pause.
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    }
  }
}
