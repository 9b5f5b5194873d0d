/**
 * Runs attacks one after the other, each on a server of its own, while other clients send 20 requests per second. The
 * server has a heap of 256 MiB and listens on loopback. It must stay alive, answer the others in time, and hold no more
 * memory afterwards.
 *
 * Run: node test/attacks/main.ts [--engine sqlite|postgresql] [--seconds N] [ATTACK…]
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { limits } from '../../src/core/limits.ts';
import { feedUpdate, record, stream } from '../../src/testing/store-content.ts';
import { type SharedEngine, sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { runServer, type ServeProcess } from '../e2e/serve-process.ts';
import { dpkgStatus, osRelease } from '../e2e/v1-client.ts';
import type { Attack, Target } from './attack.ts';
import { attacks } from './attacks.ts';
import { quantile, startProbing } from './probe.ts';

const heapMib = 256;
/** Maximum 99th percentile of response times of other clients, in ms. */
const p99MsMax = 250;
/** Maximum memory in MiB above that before the attack. The C library also keeps free blocks. */
const heldMibMax = 160;
/** Time in ms after which the memory must be released: idle threads have ended by then. */
const fallsBackMs = limits.idleThreadMs + 20_000;
const vulnerabilities = 20_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string' }, seconds: { type: 'string', default: '30' } },
});
const attackMs = Number(values.seconds) * 1000;
const engines = sharedEngines.filter(({ name }) => name.startsWith(values.engine ?? ''));
const chosen = attacks.filter(
  ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);
if (engines.length === 0 || chosen.length === 0 || !(attackMs > 0))
  throw new Error('usage: main.ts [--engine sqlite|postgresql] [--seconds N] [ATTACK…]');

const rows: string[][] = [];
after(() => {
  printTable(
    [
      'attack',
      'engine',
      's',
      'answers',
      'failed',
      'p50 ms',
      'p99 ms',
      'worst ms',
      'late ms',
      'MiB before',
      'peak',
      'held',
      'end s',
    ],
    rows,
  );
});

for (const engine of engines)
  for (const attack of chosen)
    if (engine.name !== 'postgresql' || attack.onPostgres === true)
      void test(`${engine.name}: ${attack.name}`, (t) => tryAttack(t, engine, attack));

async function tryAttack(t: TestContext, engine: SharedEngine, attack: Attack): Promise<void> {
  const directory = temporaryDirectory(t);
  const place = await engine.createLocation(t);
  if (attack.needsLists === true) await addVulnerabilities(engine, place);
  const server = await startServer(t, engine, place, { ...attack.env, ...attack.prepare?.(directory) });
  const target = { ...server.ports, directory };
  await postProbed(server, directory);
  const beforeMib = await heldMemory(server, Number.POSITIVE_INFINITY);
  const started = performance.now();
  const probing = startProbing(target);
  const attacker = await startAttacker(t, attack, target);
  await setTimeout(attackMs);
  attacker.kill('SIGKILL');
  const { tookMs, lateMs, failures } = await probing.stop();
  const seconds = (performance.now() - started) / 1000;
  const isAlive = server.isAlive();
  const { peakMib } = isAlive ? server.memory() : { peakMib: Number.NaN };
  const heldMib = isAlive ? await heldMemory(server, beforeMib + heldMibMax) : Number.NaN;
  const end = isAlive ? await server.end() : undefined;
  const p99Ms = quantile(tookMs, 0.99);
  rows.push(
    [
      attack.name,
      engine.name.split(' ')[0] ?? '',
      seconds.toFixed(0),
      String(tookMs.length),
      String(failures.length),
    ].concat(
      [
        quantile(tookMs, 0.5),
        p99Ms,
        Math.max(...tookMs),
        quantile(lateMs, 0.99),
        beforeMib,
        peakMib,
        heldMib,
      ].map((value) => value.toFixed(0)),
      end?.seconds.toFixed(1) ?? '-',
    ),
  );
  assert.ok(isAlive, `the server died:\n${server.written().slice(-20).join('\n')}`);
  assert.deepEqual(failures.slice(0, 3), [], `${failures.length} requests of other clients failed`);
  assert.ok(p99Ms <= p99MsMax, `p99 of other clients ${p99Ms.toFixed(0)} ms, more than ${p99MsMax}`);
  assert.ok(
    heldMib <= beforeMib + heldMibMax,
    `holds ${heldMib.toFixed(0)} MiB, ${beforeMib.toFixed(0)} before`,
  );
  assert.ok(
    end !== undefined && end.seconds * 1000 < limits.stopMs + 3000,
    `it took ${end?.seconds} s to stop`,
  );
}

async function startServer(
  t: TestContext,
  { name }: SharedEngine,
  place: string,
  env: Readonly<Record<string, string>>,
): Promise<ServeProcess> {
  const isPostgres = name === 'postgresql';
  return await runServer(t, ['serve'], {
    NODE_OPTIONS: `--max-old-space-size=${heapMib} --require ${join(import.meta.dirname, 'collect-garbage.cjs')}`,
    CLAIR_DATABASE_TYPE: isPostgres ? 'pgsql' : 'sqlite',
    [isPostgres ? 'CLAIR_DATABASE_OPTIONS_SOURCE' : 'CLAIR_DATABASE_OPTIONS_PATH']: place,
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_INTERVAL: '0',
    ...env,
  });
}

async function startAttacker(t: TestContext, { name }: Attack, target: Target) {
  const program = new URL('attacker.ts', import.meta.url).pathname;
  const attacker = spawn(process.execPath, [program, name, JSON.stringify(target)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => attacker.kill('SIGKILL'));
  await once(attacker.stdout, 'data');
  return attacker;
}

/** Posts the layer that other clients request. */
async function postProbed({ clair }: ServeProcess, directory: string): Promise<void> {
  const packages = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`package-${i}`, '1.0-1']));
  const path = join(directory, 'probed.tar');
  writeFileSync(path, tar([osRelease, { path: 'var/lib/dpkg/status', content: dpkgStatus(packages) }]));
  const { status, body } = await clair.postLayer({ Name: 'probed', Path: path });
  assert.equal(status, 201, body);
}

async function addVulnerabilities(engine: SharedEngine, place: string): Promise<void> {
  const description = 'Something is wrong. '.repeat(20);
  await using store = await engine.open(place);
  const records = Array.from({ length: vulnerabilities }, (_, i) => record(`CVE-2024-${i}`, { description }));
  await store.advisories.apply(feedUpdate(), stream(records));
}

/**
 * Returns the memory that the server holds once it is below a limit, or after `fallsBackMs`. V8 keeps free pages for
 * later use, so they are released first.
 */
async function heldMemory({ memory, signal }: ServeProcess, mib: number): Promise<number> {
  const deadline = performance.now() + fallsBackMs;
  do {
    signal('SIGUSR2');
    await setTimeout(500);
  } while (memory().anonymousMib > mib && performance.now() < deadline);
  return memory().anonymousMib;
}

function printTable(head: readonly string[], body: readonly (readonly string[])[]): void {
  const widths = head.map((name, i) => Math.max(name.length, ...body.map((row) => row[i]?.length ?? 0)));
  for (const row of [head, ...body])
    console.log(
      row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    );
}
