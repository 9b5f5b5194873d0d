/**
 * Lets workers like those of Quay use a server for a time: they post new and known manifests, request reports, and delete manifests. Fails on
 * any error, and if the memory of the server grows. Run: npm run soak:quay -- [--minutes 15] [--workers 64] [--manifests 2000] [--pause 1].
 * A worker pauses for up to twice these seconds between two manifests. Quay pauses for 30 seconds between two rounds.
 */
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SimulatedQuay } from '../src/testing/simulated-quay.ts';
import { usage } from './bench-server.ts';
import { type SceneManifest, sharedKey, startScene } from './quay-scene.ts';
import { random } from './random.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    workers: { type: 'string', default: '64' },
    manifests: { type: 'string', default: '2000' },
    pause: { type: 'string', default: '1' },
  },
});
/** Attempts on kept connections, each of which the server may have closed. */
const attemptsMax = 5;
/** Growth of the floor that counts as noise: a tenth, and the pages of a few buffers. */
const [growthMax, growthMbMax] = [1.1, 8];

const { layers, child, port, pid } = await startScene();
const manifests = Array.from({ length: Number(values.manifests) }, (_, i) => layers.manifest(i, 60));
const ended = performance.now() + Number(values.minutes) * 60_000;
const counts = { posts: 0, reports: 0, deletions: 0, reconnections: 0 };
const errors: string[] = [];
const samples: number[] = [];

const sampling = sampleMemory();
await Promise.all(Array.from({ length: Number(values.workers) }, (_, i) => work(i).catch(() => undefined)));
await sampling;
const { cpuS } = usage(pid);
child.kill();
layers.close();
process.exitCode = isSound() ? 0 : 1;

/** Makes requests as a worker of Quay until the end. A worker that has restarted does not know the state of its manifests. */
async function work(worker: number): Promise<void> {
  const next = random(worker + 1);
  const pick = (): SceneManifest => manifests[Math.floor(next() * manifests.length)] ?? fail('no manifest');
  while (performance.now() < ended) {
    const quay = new SimulatedQuay(`http://127.0.0.1:${port}`, sharedKey);
    const { hash, layers: posted } = pick();
    const { state } = await counted('posts', () => quay.work(hash, posted));
    if (state !== 'completed') errors.push(`a post ended as ${state}`);
    if (next() < 0.5) await counted('reports', () => quay.features(hash));
    if (next() < 0.05) await counted('deletions', () => quay.collect(hash));
    if (errors.length > 10) return;
    await setTimeout(next() * 2000 * Number(values.pause));
  }
}

/** Makes a request, and again if the server closed the idle connection in the same moment, as any client of kept connections must. */
async function counted<T>(kind: 'posts' | 'reports' | 'deletions', request: () => Promise<T>): Promise<T> {
  counts[kind]++;
  for (let attempt = 1; ; attempt++)
    try {
      return await request();
    } catch (error) {
      if (attempt < attemptsMax && isClosedConnection(error)) {
        counts.reconnections++;
        continue;
      }
      errors.push(`${kind}: ${String(error)} ${error instanceof Error ? String(error.cause) : ''}`);
      throw error;
    }
}

function isClosedConnection(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && /ECONNRESET|other side closed/.test(`${String(cause)} ${codeOf(cause)}`);
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}

function fail(message: string): never {
  throw new Error(message);
}

/** Samples the memory of the server twice a second. */
async function sampleMemory(): Promise<void> {
  while (performance.now() < ended && errors.length <= 10) {
    samples.push(usage(pid).rssMb);
    await setTimeout(500);
  }
}

/**
 * Prints the figures. Returns whether there were no errors, and the memory did not grow between the first and the last third. The first fifth
 * of the time is not counted: code is compiled, and each part of the heap grows to its size.
 */
function isSound(): boolean {
  const counted = samples.slice(Math.floor(samples.length / 5));
  const third = Math.ceil(counted.length / 3);
  // After a collection of garbage, the memory is what the server needs.
  const floors = [0, 1, 2].map((i) => Math.min(...counted.slice(i * third, (i + 1) * third)));
  const [first = 0, , last = 0] = floors;
  const { posts, reports, deletions, reconnections } = counts;
  const peak = Math.max(...samples);
  console.log(`${values.workers} workers, ${values.minutes} minutes, ${manifests.length} manifests`);
  console.log(`posts ${posts}, reports ${reports}, deletions ${deletions}, reconnections ${reconnections}`);
  console.log(`CPU of the server ${cpuS.toFixed(0)} s, memory at the end ${samples.at(-1)?.toFixed(0)} MB`);
  const shown = floors.map((mb) => mb.toFixed(0)).join(', ');
  console.log(`memory: floors of the thirds ${shown} MB, peak ${peak.toFixed(0)} MB`);
  if (last > first * growthMax && last > first + growthMbMax) errors.push('the memory grows');
  for (const error of errors) console.log(`error: ${error}`);
  return errors.length === 0;
}
