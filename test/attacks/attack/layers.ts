import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type TarEntryPlan, tar } from '../../../src/testing/tar-writer.ts';
import { type Attack, repeat, type Target } from '../attack.ts';

const MiB = 1024 * 1024;
const end = gzipSync(new Uint8Array(1024));

/** Posts the same layer under different names. */
function posted(name: string, write: () => Uint8Array): Attack {
  return {
    name: `layers: ${name}`,
    run: async ({ api, directory }) => {
      const path = join(directory, 'hostile.tar.gz');
      writeFileSync(path, write());
      let count = 0;
      repeat(4, () => post(api, `hostile-${++count}`, path));
    },
  };
}

async function post(port: number, name: string, path: string): Promise<void> {
  const body = JSON.stringify({ Layer: { Name: name, Path: path, Format: 'Docker' } });
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`http://127.0.0.1:${port}/v1/layers`, { method: 'POST', headers, body });
  await response.arrayBuffer();
}

function repeated(count: number, entry: TarEntryPlan): Uint8Array {
  const packed = gzipSync(tar([entry], { endBlocks: 0 }), { level: 9 });
  return Buffer.concat([...new Array<Uint8Array>(count).fill(packed), end]);
}

function bomb(): Uint8Array {
  const zeros = gzipSync(Buffer.alloc(64 * MiB), { level: 9 });
  const size = (4096 * MiB).toString(8).padStart(11, '0');
  const head = gzipSync(tar([{ path: 'usr/bin/x', raw: { size: `${size}\0` } }], { endBlocks: 0 }));
  return Buffer.concat([head, ...new Array<Uint8Array>(64).fill(zeros), end]);
}

function deepLinks(): Uint8Array {
  const links = Array.from({ length: 480 }, (_, i) => ({
    path: `var/lib/dpkg/info/p${i}.list`,
    target: `${i}${'/a'.repeat(2040)}`,
  }));
  return gzipSync(tar(links));
}

function emptyLines(): Uint8Array {
  const content = Buffer.alloc(16 * MiB, '\n');
  return gzipSync(tar([{ path: 'var/lib/dpkg/info/a.list', content }]));
}

/** A layer server that sends a byte now and then. */
const dripping: Attack = {
  name: 'layers: from a server that sends a byte now and then',
  run: async ({ api }: Target) => {
    const server = createServer((_, response) => {
      const drip = setInterval(() => response.write('x'), 200);
      response.once('close', () => {
        clearInterval(drip);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    let count = 0;
    repeat(150, () => post(api, `slow-${++count}`, `http://127.0.0.1:${port}/${count}`));
  },
};

export const layerAttacks: readonly Attack[] = [
  posted('600 names of a megabyte', () => repeated(600, { path: 'a/'.repeat(524_000) })),
  posted('links to 2,000 directories', deepLinks),
  posted('lists of files with empty lines only', emptyLines),
  posted('a bomb of 4 GiB', bomb),
  dripping,
];
