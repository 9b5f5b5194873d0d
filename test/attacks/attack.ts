/** Address of the server, and the resources of an attacker. */
export interface Target {
  readonly api: number;
  readonly health: number;
  /** A directory with files that the server may read. */
  readonly directory: string;
}

/** An attack on a server. It runs in its own process until it is stopped. */
export interface Attack {
  readonly name: string;
  /** Settings of the server that it needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it also runs on PostgreSQL. */
  readonly onPostgres?: true;
  /** Whether it needs a namespace with many vulnerabilities. */
  readonly needsLists?: true;
  /** Writes files to the directory of the target before the server starts, and returns further settings. */
  prepare?(directory: string): Readonly<Record<string, string>>;
  /** Starts the attack, which continues until its process ends. */
  run(target: Target): Promise<void>;
}

/** Repeats a step with this concurrency. Ignores failures of a step, which are the server's defence. */
export function repeat(atOnce: number, step: () => Promise<unknown>): void {
  for (let i = 0; i < atOnce; i++) void repeatOne(step);
}

async function repeatOne(step: () => Promise<unknown>): Promise<never> {
  for (;;) {
    try {
      await step();
    } catch {
      // Without this pause, a refused connection would be retried at once.
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    }
  }
}
