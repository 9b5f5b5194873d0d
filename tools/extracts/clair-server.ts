import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import type { Report } from '../../src/model/report.ts';

const clair = resolve(import.meta.dirname, '../../bin/clair');

/** A server in a process of its own. */
export interface ClairServer {
  /** Lines of its log. */
  readonly log: readonly string[];
  /** Scans an image. Returns its digest. Throws if the scan fails. */
  scan(reference: string): Promise<string>;
  report(digest: string): Promise<Report>;
  /** Returns the values of a counter by outcome. */
  counter(name: string): Promise<Readonly<Record<string, number>>>;
  end(): Promise<void>;
}

/** Starts a server with settings, as a file of JSON, and waits until it answers. */
export async function startClair(config: string): Promise<ClairServer> {
  const child = spawn(clair, ['serve', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const log: string[] = [];
  const started = Promise.withResolvers<{ port: number; health: number }>();
  createInterface(child.stderr).on('line', (line) => {
    log.push(line);
    if (line.includes('"started"')) started.resolve(JSON.parse(line) as { port: number; health: number });
  });
  child.once('exit', () => {
    started.reject(new Error(log.join('\n')));
  });
  const { port, health } = await started.promise;
  const api = `http://127.0.0.1:${port}`;
  return {
    log,
    async scan(reference) {
      const request = { method: 'POST', body: JSON.stringify({ reference, platform: 'linux/amd64' }) };
      const { id } = (await (await fetch(`${api}/api/v1/images`, request)).json()) as { id: string };
      for (;;) {
        const job = (await (await fetch(`${api}/api/v1/jobs/${id}`)).json()) as Record<string, string>;
        if (job['state'] === 'done') return job['digest'] ?? '';
        if (job['state'] === 'failed') throw new Error(`${reference}: ${job['error']}`);
        await setTimeout(50);
      }
    },
    async report(digest) {
      const response = await fetch(`${api}/api/v1/images/${digest}/report?format=json`);
      if (response.status !== 200) throw new Error(await response.text());
      return (await response.json()) as Report;
    },
    async counter(name) {
      const text = await (await fetch(`http://127.0.0.1:${health}/metrics`)).text();
      const values = text.matchAll(new RegExp(`^${name}\\{outcome="([a-z-]+)"\\} (\\d+)$`, 'gm'));
      return Object.fromEntries(Array.from(values, ([, outcome = '', value]) => [outcome, Number(value)]));
    },
    async end() {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}
