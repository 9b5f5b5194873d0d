/**
 * Requests a layer and the health of a server 20 times a second, as other clients do, until its input ends: `node
 * prober.ts TARGET`.
 */
import { get } from 'node:http';
import type { Target } from './attack.ts';
import type { Probed } from './probe.ts';

const everyMs = 50;
const givenUpMs = 10_000;

const { api, health } = JSON.parse(process.argv[2] ?? '') as Target;
const addresses = [
  `http://127.0.0.1:${api}/v1/layers/probed?features&vulnerabilities`,
  `http://127.0.0.1:${health}/health`,
];
const tookMs: number[] = [];
const lateMs: number[] = [];
const failures: string[] = [];
const under = new Set<Promise<void>>();

let next = 0;
let last = performance.now();
const timer = setInterval(() => {
  const now = performance.now();
  lateMs.push(now - last - everyMs);
  last = now;
  const asked = probe(addresses[next++ % addresses.length] ?? '');
  under.add(asked);
  void asked.then(() => under.delete(asked));
}, everyMs);
process.stdin.resume();
process.stdin.once('end', () => {
  clearInterval(timer);
  void Promise.all(under).then(() => {
    console.log(JSON.stringify({ tookMs, lateMs, failures } satisfies Probed));
    process.exit(0);
  });
});

/** Sends a request on a new connection. A missing response counts with the time waited. */
async function probe(url: string): Promise<void> {
  const started = performance.now();
  const failure = await new Promise<string | undefined>((resolve) => {
    const request = get(url, { agent: false, timeout: givenUpMs }, (response) => {
      response.resume();
      response.once('end', () => {
        resolve(response.statusCode === 200 ? undefined : `${url} answered ${response.statusCode}`);
      });
      response.once('error', ({ message }) => {
        resolve(message);
      });
    });
    request.once('timeout', () => request.destroy(new Error(`no answer in ${givenUpMs} ms`)));
    request.once('error', ({ message }) => {
      resolve(message);
    });
  });
  tookMs.push(performance.now() - started);
  if (failure !== undefined) failures.push(failure);
}
