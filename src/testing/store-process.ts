import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** What every program knows: the store, what records are made of, and a feed whose records all tell which edition they are of. */
const preamble = `
  const { sharedEngines } = await import(${JSON.stringify(new URL('store-engines.ts', import.meta.url).href)});
  const content = await import(${JSON.stringify(new URL('store-content.ts', import.meta.url).href)});
  const [, engineName, place] = process.argv;
  const store = await sharedEngines.find(({ name }) => name === engineName).open(place);
  function* edition(fingerprint, size) {
    for (let i = 0; i < size; i++) yield content.record('CVE-' + i, { description: fingerprint });
  }
  const apply = (fingerprint, size = 500, feed = 'tracker') =>
    store.advisories.apply(content.feedUpdate({ feed, fingerprint }), content.stream(edition(fingerprint, size)));
  const emptyLayer = { verified: true };
  for (const list of ['whiteouts', 'opaques', 'nodes', 'contents', 'packages', 'owned', 'repositories', 'problems'])
    emptyLayer[list] = [];
  const say = (what) => process.stdout.write(what + '\\n');
`;

/** More than half of a start is the reading of TypeScript, which only the first process has to do. */
const NODE_COMPILE_CACHE = resolve(import.meta.dirname, '../../.cache/compiled');

/**
 * Starts a process that opens the store of an engine at a place and runs a program there, in which `store`, `content`,
 * `apply` and `say` are known.
 */
export function runOnStore(engine: string, place: string, program: string): ChildProcess {
  const flags = ['--input-type=module', '-e', preamble + program, engine, place];
  return spawn(process.execPath, flags, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { NODE_COMPILE_CACHE, ...process.env },
  });
}

/** The exit code of a process, null when it was killed. */
export async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}
