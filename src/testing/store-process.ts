import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** Common beginning of all programs: opens the store and makes records. */
const prelude = `
  const { sharedEngines } = await import(${JSON.stringify(new URL('store-engines.ts', import.meta.url).href)});
  const content = await import(${JSON.stringify(new URL('store-content.ts', import.meta.url).href)});
  const [, engineName, place] = process.argv;
  const open = () => sharedEngines.find(({ name }) => name === engineName).open(place);
  const say = (what) => process.stdout.write(what + '\\n');
`;

/** Beginning of programs with an open store: `store`, and a feed whose records all have the fingerprint of their edition. */
const storePrelude = `
  const store = await open();
  function* edition(fingerprint, size, changes) {
    for (let i = 0; i < size; i++)
      yield content.documentOf([content.record('CVE-' + i, { description: fingerprint, ...changes })]);
  }
  const apply = (fingerprint, size = 500, feed = 'tracker', changes = {}, lease = undefined) =>
    store.advisories.apply(
      content.feedUpdate({ feed, fingerprint, lease, program: '1.0.0' }),
      content.stream(edition(fingerprint, size, changes)),
    );
  const emptyLayer = { verified: true };
  for (const list of ['whiteouts', 'opaques', 'nodes', 'contents', 'packages', 'owned', 'repositories', 'problems'])
    emptyLayer[list] = [];
`;

/** Parsing TypeScript takes more than half of a start; with this cache only the first process does it. */
const NODE_COMPILE_CACHE = resolve(import.meta.dirname, '../../.cache/compiled');

/**
 * Starts a process that opens the store of an engine at a location and runs a program with `store`, `content`, `apply` and `say`
 * in scope. `say` prints a line.
 */
export function runOnStore(engine: string, place: string, program: string): ChildProcess {
  return runProgram(engine, place, storePrelude + program);
}

/** Starts a process whose program opens the store of an engine at a location itself, by `open`; `content` and `say` are in scope. */
export function runProgram(engine: string, place: string, program: string): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', prelude + program, engine, place], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { NODE_COMPILE_CACHE, ...process.env },
  });
}

/** Returns the exit code of a process; null if it was killed. */
export async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}
