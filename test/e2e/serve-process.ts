import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { inCheckout } from './clair.ts';
import { V1Client } from './v1-client.ts';

/** A server in a process of its own. */
export interface ServeProcess {
  readonly clair: V1Client;
  /** Ports of its API and its health check, on the loopback interface. */
  readonly ports: { readonly api: number; readonly health: number };
  /** Waits until a message is logged, on a line that also has `beside` if given. Returns the line. */
  logged(message: string, beside?: string): Promise<string>;
  /** Lines that it has written to standard error. */
  written(): readonly string[];
  /** Sends SIGHUP, which reloads its plugins. */
  reload(): void;
  /** Stops it and waits for its end. */
  end(): Promise<{ readonly status: unknown; readonly seconds: number }>;
  /** Whether it is still running. */
  isAlive(): boolean;
  /**
   * Current and peak memory in MiB, on Linux only. `anonymousMib` excludes file pages, such as the program itself, which the system's page
   * cache may drop.
   */
  readonly memory: () => {
    readonly nowMib: number;
    readonly anonymousMib: number;
    readonly peakMib: number;
  };
  readonly signal: (name: NodeJS.Signals) => void;
}

/** Starts a server with a command line of `bin/clair`, waits until it logs its address, and kills it after the test. */
export async function runServer(
  t: TestContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  program = inCheckout('bin/clair'),
): Promise<ServeProcess> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  t.after(() => child.kill('SIGKILL'));
  const log = new Log();
  createInterface(child.stderr).on('line', (line) => {
    log.add(line);
  });
  child.once('close', () => {
    log.close();
  });
  const { port, health } = JSON.parse(await log.has('started')) as { port: number; health: number };
  return {
    clair: new V1Client(port, health),
    ports: { api: port, health },
    logged: (message, beside) => log.has(message, beside),
    written: () => log.lines,
    reload: () => child.kill('SIGHUP'),
    signal: (name) => child.kill(name),
    async end() {
      const started = performance.now();
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      const [status] = (await exit) as [unknown];
      return { status, seconds: (performance.now() - started) / 1000 };
    },
    isAlive: () => child.exitCode === null && child.signalCode === null,
    memory() {
      const text = readFileSync(`/proc/${child.pid}/status`, 'latin1');
      const mib = (name: string): number =>
        Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024;
      return { nowMib: mib('VmRSS'), anonymousMib: mib('RssAnon'), peakMib: mib('VmHWM') };
    },
  };
}

/** Log lines, and the waiters for them. */
class Log {
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  add(line: string): void {
    this.lines.push(line);
    for (const look of this.#waiting) look();
  }

  close(): void {
    this.#isClosed = true;
    for (const look of this.#waiting) look();
  }

  async has(message: string, beside = ''): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = (): void => {
      const line = this.lines.find((one) => one.includes(`"msg":"${message}`) && one.includes(beside));
      if (line !== undefined) resolve(line);
      else if (this.#isClosed) reject(new Error(`it ended before ${message}:\n${this.lines.join('\n')}`));
    };
    this.#waiting.add(look);
    look();
    return await promise;
  }
}
