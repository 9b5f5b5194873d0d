import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** What every program knows: how to open the store, and what records are made of. */
const prelude = `
  const { sharedEngines } = await import(${JSON.stringify(new URL('store-engines.ts', import.meta.url).href)});
  const content = await import(${JSON.stringify(new URL('store-content.ts', import.meta.url).href)});
  const [, engineName, place] = process.argv;
  const open = () => sharedEngines.find(({ name }) => name === engineName).open(place);
  const say = (what) => process.stdout.write(what + '\\n');
`;

/** What a program knows whose store is open: the store, and a feed whose records all tell which edition they are of. */
const storePrelude = `
  const store = await open();
  function* edition(fingerprint, size, changes) {
    for (let i = 0; i < size; i++)
      yield content.record('CVE-' + i, { description: fingerprint, ...changes });
  }
  const apply = (fingerprint, size = 500, feed = 'tracker', changes = {}) =>
    store.advisories.apply(
      content.feedUpdate({ feed, fingerprint }),
      content.stream(edition(fingerprint, size, changes)),
    );
  const emptyLayer = { verified: true };
  for (const list of ['whiteouts', 'opaques', 'nodes', 'contents', 'packages', 'owned', 'repositories', 'problems'])
    emptyLayer[list] = [];
`;

/** More than half of a start is the reading of TypeScript, which only the first process has to do. */
const NODE_COMPILE_CACHE = resolve(import.meta.dirname, '../../.cache/compiled');

/**
 * Starts a process that opens the store of an engine at a place and runs a program there, in which `store`, `content`,
 * `apply` and `say` are known.
 */
export function runOnStore(engine: string, place: string, program: string): ChildProcess {
  return runProgram(engine, place, storePrelude + program);
}

/** Starts a process that opens the store of an engine at a place by itself, with `open`; `content` and `say` are known. */
export function runProgram(engine: string, place: string, program: string): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', prelude + program, engine, place], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { NODE_COMPILE_CACHE, ...process.env },
  });
}

/** The exit code of a process, null when it was killed. */
export async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}
