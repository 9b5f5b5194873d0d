import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { builtIn } from '../../../src/extensions.ts';
import type { ImageLayer } from '../../../src/image/image-layer.ts';
import { LayerReader } from '../../../src/image/layer/layer-reader.ts';
import type { LayerReadResult } from '../../../src/image/layer/layer-walk.ts';
import { WantedPaths } from '../../../src/image/layer/wanted-paths.ts';
import { compressionOf } from '../../../src/kit/decompress/compression.ts';
import type { LayerIndex } from '../../../src/model/layer-index.ts';
import { analyzeLayers, wantedPatterns } from '../../../src/service/images/analyze-layers.ts';
import { corpusFiles } from '../corpus-seeds.ts';
import {
  assertExpectedError,
  checkCollected,
  checkLister,
  checkText,
  InvariantViolation,
} from '../invariants.ts';
import { appendingMutations, within } from '../mutation/compressed.ts';
import { tarMutations } from '../mutation/tar.ts';
import { textMutations } from '../mutation/text.ts';
import { inAnyPieces } from '../pieces.ts';
import { scratchFile } from '../scratch.ts';
import { storedLayers } from '../seed-archives.ts';
import { bytesOf, single, type Target } from './target.ts';

const wanted = new WantedPaths(wantedPatterns(builtIn));

/** Reads a layer from its stored bytes to its index: at once, in pieces, and from a file. */
export const layerTarget: Target = {
  name: 'layer',
  paths: [''],
  seeds: () => [...storedLayers(), ...corpusFiles('images', /\.tar(\.gz|\.zst)?$/, 12)].map(single),
  mutations: [...within([...tarMutations, ...tarMutations, ...textMutations]), ...appendingMutations],
  async run(input) {
    const bytes = bytesOf(input);
    const whole = await read([bytes]);
    const inPieces = await read(inAnyPieces(bytes));
    if (
      typeof whole !== typeof inPieces ||
      (typeof whole !== 'string' && !isDeepStrictEqual(whole, inPieces))
    )
      throw new InvariantViolation('the layer differs when read in pieces');
    if (typeof whole !== 'string') {
      checkCollected(whole.collected);
      for (const lister of builtIn.listers) checkLister(lister, whole.collected.files);
    }
    await index(bytes, typeof whole === 'string');
  },
};

async function read(pieces: readonly Buffer[]): Promise<LayerReadResult | string> {
  const layer = layerAt('', Buffer.concat(pieces));
  try {
    const inflow = new LayerReader(layer, { wanted, verify: true });
    for (const piece of pieces) await inflow.push(piece);
    return await inflow.end();
  } catch (error) {
    return assertExpectedError(error, Error);
  }
}

async function index(bytes: Buffer, isRefused: boolean): Promise<void> {
  const path = scratchFile('layer');
  writeFileSync(path, bytes);
  for (const verify of [true, false]) {
    try {
      checkIndexes(await analyzeLayers([layerAt(path, bytes)], builtIn, { verify, links: [] }));
      if (isRefused && verify)
        throw new InvariantViolation('a layer is read from a file but refused otherwise');
    } catch (error) {
      assertExpectedError(error);
      if (!isRefused)
        throw new InvariantViolation('a layer is refused from a file but read otherwise', {
          cause: error,
        });
    }
  }
}

function layerAt(path: string, bytes: Buffer): ImageLayer {
  return {
    place: { kind: 'file', path, offset: 0, size: bytes.length, stamp: '' },
    compression: compressionOf(bytes),
    sizeBytes: bytes.length,
  };
}

/** Checks that no lister threw; an exception would be one of the problems. */
export function checkIndexes(indexes: readonly LayerIndex[]): void {
  for (const { problems } of indexes) {
    for (const { message } of problems) {
      checkText('a problem', message);
      if (message.startsWith('the lister failed')) throw new InvariantViolation(message);
    }
  }
}
