import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Answer, HostileImage, Sizes } from './hostile-image.ts';
import { writeLayer } from './layer-file.ts';
import { gzip, layeredImage, zstd } from './layered-image.ts';
import { end, fileOfZeros, headerOf, members, stanza, system } from './tar-pieces.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const memberBytes = 64 * MiB;

/** The limit of uncompressed bytes of a layer. Repeated here, since tests state the expected result. */
const layerBytes = 64 * GiB;

const tooDense: Answer = { refused: /inflates to more than 1000 times its size/ };
const cutList: Answer = { packages: 'some', problem: /more than 20000 entries/ };
const tooMany: Answer = { refused: /more than 200000 packages/ };
const tooLarge: Answer = {
  refused: /var\/lib\/dpkg\/status has \d+ bytes; the wanted files of a layer are read up to 100663296 bytes/,
};

/** Layers that inflate to much more than is stored. */
export function bombs({ bombBytes, falseDatabases, largeLayers }: Sizes): HostileImage[] {
  const size = `${bombBytes / GiB} GiB`;
  const fitting: Answer =
    bombBytes > layerBytes
      ? { refused: new RegExp(`more than ${layerBytes} uncompressed bytes`) }
      : { packages: ['hello'] };
  const large = Array.from({ length: largeLayers }, (_, i) => gzip(() => databaseOf(25_000, 3900, i)));
  return [
    layeredImage(
      `${size} of zeros, gzip`,
      tooDense,
      gzip(() => bomb(bombBytes)),
    ),
    layeredImage(
      `${size} of zeros, zstd`,
      tooDense,
      zstd(() => bomb(bombBytes)),
    ),
    layeredImage(
      `${size} below the ratio limit, gzip`,
      fitting,
      gzip(() => tamed(bombBytes, 11 * 1024)),
    ),
    layeredImage(
      `${size} below the ratio limit, zstd`,
      fitting,
      zstd(() => tamed(bombBytes, 72 * 1024)),
    ),
    {
      name: `${size} in a gzip layer in a gzip archive`,
      write: (directory) => nestedArchive(directory, bombBytes),
      answer: tooDense,
    },
    layeredImage(
      'a dpkg database of 201 MiB',
      tooLarge,
      gzip(() => database(201 * MiB)),
    ),
    layeredImage(
      'a dpkg database of a million packages',
      cutList,
      gzip(() => databaseOf(1_000_000, 0)),
    ),
    layeredImage(
      `${largeLayers} dpkg databases of 95 MiB, a layer each`,
      largeLayers > 10 ? tooMany : cutList,
      ...large,
    ),
    layeredImage(
      `${falseDatabases} false databases of 200 MiB beside the real one`,
      { packages: ['hello'] },
      gzip(() => falseStatusFiles(falseDatabases)),
    ),
  ];
}

function* bomb(sizeBytes: number): Generator<Uint8Array> {
  yield* fileOfZeros('opt/zeros', sizeBytes);
  yield system;
  yield end;
}

/** Yields zeros with enough noise for a compression ratio just below the limit. */
function* tamed(sizeBytes: number, noiseBytes: number): Generator<Uint8Array> {
  const noise = members({ path: 'opt/noise', content: noiseOf(noiseBytes) });
  for (let written = 0; written < sizeBytes; written += memberBytes) {
    yield noise;
    yield* fileOfZeros('opt/zeros', memberBytes);
  }
  yield system;
  yield end;
}

/** Returns incompressible bytes, the same in every run. */
function noiseOf(size: number): Buffer {
  const pieces: Buffer[] = [];
  for (let i = 0; i * 64 < size; i++) pieces.push(createHash('sha512').update(String(i)).digest());
  return Buffer.concat(pieces, size);
}

/** Writes zeros with low compression, which compress again: each ratio is harmless, but not their product. */
function nestedArchive(directory: string, sizeBytes: number): string {
  const layer = Buffer.concat([...hasty(bomb(sizeBytes))]);
  const outer = join(directory, 'image.tar.gz');
  writeLayer(outer, 'gzip', [
    members(
      { path: 'manifest.json', content: JSON.stringify([{ Config: 'config.json', Layers: ['layer.tar'] }]) },
      { path: 'config.json', content: '{}' },
    ),
    headerOf('layer.tar', layer.length),
    layer,
    new Uint8Array((512 - (layer.length % 512)) % 512),
    end,
  ]);
  return outer;
}

function* hasty(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  const compressed = new Map<Uint8Array, Uint8Array>();
  for (const piece of pieces) {
    const bytes = compressed.get(piece) ?? gzipSync(piece, { level: 1 });
    compressed.set(piece, bytes);
    yield bytes;
  }
}

function* database(sizeBytes: number): Generator<Uint8Array> {
  yield system;
  yield headerOf('var/lib/dpkg/status', sizeBytes);
  const piece = new Uint8Array(MiB);
  for (let written = 0; written < sizeBytes; written += MiB) yield piece;
  yield end;
}

function* falseStatusFiles(count: number): Generator<Uint8Array> {
  const piece = Buffer.alloc(50 * MiB);
  yield system;
  for (let i = 0; i < count; i++) {
    yield members({ path: 'opt/noise', content: noiseOf(220 * 1024) });
    yield headerOf(`var/lib/dpkg/status-${i}`, 4 * piece.length);
    for (let part = 0; part < 4; part++) yield piece;
  }
  yield end;
}

/** Yields a valid database: packages with descriptions of this length. The version differs by layer. */
function* databaseOf(packages: number, descriptionCharacters: number, seed = 0): Generator<Uint8Array> {
  // Words from a small vocabulary: text that compresses well, but not a thousandfold.
  const words = createHash('sha512')
    .update(String(seed))
    .digest('hex')
    .repeat(Math.ceil(descriptionCharacters / 128));
  const description = words.slice(0, descriptionCharacters);
  const chunks: Buffer[] = [];
  let text = '';
  for (let i = 0; i < packages; i++) {
    text += stanza(`p${i}`, description);
    if (text.length > MiB || i === packages - 1) {
      chunks.push(Buffer.from(text));
      text = '';
    }
  }
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  yield members({ path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' });
  yield headerOf('var/lib/dpkg/status', size);
  yield* chunks;
  yield new Uint8Array((512 - (size % 512)) % 512);
  yield end;
}
