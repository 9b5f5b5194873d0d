import { isDeepStrictEqual } from 'node:util';
import { builtIn } from '../../../src/extensions.ts';
import { type CollectedLayer, LayerCollector } from '../../../src/image/layer/collector.ts';
import { memberFilter } from '../../../src/image/layer/member-filter.ts';
import { WantedPaths } from '../../../src/image/layer/wanted-paths.ts';
import { TarError } from '../../../src/kit/tar/header.ts';
import { TarWalker } from '../../../src/kit/tar/walker.ts';
import { wantedPatterns } from '../../../src/service/images/analyze-layers.ts';
import { corpusFiles } from '../corpus-seeds.ts';
import { assertExpectedError, checkCollected, InvariantViolation, keptBytes } from '../invariants.ts';
import { tarMutations } from '../mutation/tar.ts';
import { inAnyPieces } from '../pieces.ts';
import { layerTars } from '../seed-archives.ts';
import { bytesOf, single, type Target } from './target.ts';

const comparedBytesMax = 1024 * 1024;
const wanted = new WantedPaths(wantedPatterns(builtIn));

/** The tar walker with the collector of wanted files: at once, in pieces, with seeking, and without the name filter. */
export const tarTarget: Target = {
  name: 'tar',
  paths: [''],
  seeds: () => [...layerTars(), ...corpusFiles('images', /\.tar$/, 12)].map(single),
  mutations: tarMutations,
  run(input) {
    const bytes = bytesOf(input);
    const whole = walk(true, (walker) => {
      walker.push(bytes);
    });
    if (typeof whole !== 'string') checkCollected(whole);
    // A sparse file may claim a size up to the limit. Comparing it takes longer than reading it.
    if (typeof whole !== 'string' && keptBytes(whole.files) > comparedBytesMax) return;
    const ways = {
      'in pieces': walk(true, (walker) => {
        for (const piece of inAnyPieces(bytes)) walker.push(piece);
      }),
      'with seeking': walk(true, (walker) => {
        seek(walker, bytes);
      }),
      'without the name filter': walk(false, (walker) => {
        walker.push(bytes);
      }),
    };
    for (const [way, result] of Object.entries(ways)) {
      if (!isDeepStrictEqual(result, whole))
        throw new InvariantViolation(`the archive differs when read ${way}`);
    }
  },
};

function walk(isFiltered: boolean, feed: (walker: TarWalker) => void): CollectedLayer | string {
  const collector = new LayerCollector(wanted);
  const walker = new TarWalker(collector.visit, isFiltered ? memberFilter(wanted, collector) : undefined);
  try {
    feed(walker);
    walker.end();
    return collector.finish();
  } catch (error) {
    return assertExpectedError(error, TarError);
  }
}

/** Walks the archive as a file on disk, and does not read what can be skipped. */
function seek(walker: TarWalker, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    const ahead = Math.min(walker.skippable, bytes.length - at);
    walker.skip(ahead);
    at += ahead;
    const window = bytes.subarray(at, at + 1024);
    walker.push(window);
    at += window.length;
  }
}
