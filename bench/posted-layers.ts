import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { builtIn } from '../src/extensions.ts';
import { readLocalLayer } from '../src/image/posted/local-layer.ts';
import { sourcePolicy } from '../src/image/posted/source-policy.ts';
import { openLayerPool } from '../src/layer-pool/layer-pool.ts';
import { analyzeStream } from '../src/service/images/analyze-layers.ts';
import { type Contender, measure, table } from './measure.ts';

/**
 * Measures reading a layer as the server does: `npm run bench -- posted --layer FILE [--times N] [--rounds N]`. Reads the same bytes on the
 * main thread, on a pool thread, and on a pool thread while the main thread downloads them. The figures exclude the server of the download.
 */
const { values } = parseArgs({
  options: {
    layer: { type: 'string' },
    times: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    as: { type: 'string' },
    from: { type: 'string', default: '' },
  },
});
const { layer, as, from } = values;
const times = Number(values.times);
if (layer === undefined) {
  console.error('--layer requires the file of a layer');
  process.exitCode = 2;
} else if (as === 'server') {
  serveFile(layer);
} else if (as === 'direct') {
  for (let i = 0; i < times; i++)
    await analyzeStream({ name: layer, claims: {}, bytes: readLocalLayer(layer, undefined) }, builtIn, {
      verify: true,
      links: [],
    });
} else if (as === 'pool') {
  await readOnPool(from);
} else {
  await compare(layer);
}

function serveFile(path: string): void {
  const server = createServer((_request, response) => {
    createReadStream(path, { highWaterMark: 1024 * 1024 }).pipe(response);
  });
  server.listen(0, '127.0.0.1', () => {
    console.log((server.address() as AddressInfo).port);
  });
}

async function readOnPool(path: string): Promise<void> {
  await using pool = openLayerPool({
    script: new URL('../src/layer-worker.ts', import.meta.url),
    policy: sourcePolicy({ policy: 'open', schemes: [], hosts: [], networks: [], directories: [] }),
    threads: 1,
  });
  const { signal } = new AbortController();
  for (let i = 0; i < times; i++)
    await pool.reader([])({ path, headers: {}, format: 'docker' }, { links: [], signal });
}

async function compare(path: string): Promise<void> {
  const own = [process.execPath, import.meta.filename, '--layer', path, '--times', values.times];
  const server = spawn(own[0] ?? '', [...own.slice(1), '--as', 'server'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  const contender = (name: string, ...more: string[]): Contender => ({
    name,
    command: [...own, ...more].join(' '),
  });
  const costs = measure(
    [
      contender('on the main thread', '--as', 'direct'),
      contender('file, on a thread', '--as', 'pool', '--from', path),
      contender('HTTP, on a thread', '--as', 'pool', '--from', `http://127.0.0.1:${port.toString().trim()}/`),
    ],
    Number(values.rounds),
  );
  server.kill();
  console.log(table(`${times} reads of the layer`, costs));
}
