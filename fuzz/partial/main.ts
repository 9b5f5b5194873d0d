/**
 * Reads random layers by tables of contents that lie, and whole, and compares the results. A table may be refused, but it must never lead to other
 * packages. Names, types and links stay true: a table can lie about them, which is why reports say how a layer was read.
 * Run: node fuzz/partial/main.ts [--minutes 1] [--seed 1]
 */
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { ClairError } from '../../src/core/errors.ts';
import { builtIn } from '../../src/extensions.ts';
import { findTable } from '../../src/image/partial/find-table.ts';
import type { LayerRange } from '../../src/image/partial/range-plan.ts';
import { openZtoc } from '../../src/image/partial/soci.ts';
import { TableError } from '../../src/image/partial/table-document.ts';
import type { LayerIndex } from '../../src/model/layer-index.ts';
import { analyzeByTable } from '../../src/service/images/analyze-by-table.ts';
import { analyzeStream } from '../../src/service/images/analyze-layers.ts';
import type { TableLayer } from '../../src/testing/table-layers.ts';
import { Random } from '../random.ts';
import { damagedRanges, randomLayer } from './random-layers.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' } },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isInteger(seed))
  throw new Error('usage: main.ts [--minutes N] [--seed S], with a whole number as the seed');

const options = { verify: false, links: [] };

/** Returns what a table of contents leads to. Undefined if it was refused. */
async function readPartly(
  layer: ReturnType<typeof randomLayer>,
  random: Random,
): Promise<LayerIndex | undefined> {
  const damage = damagedRanges(random);
  const readRange = async ({ offset, end }: LayerRange): Promise<Buffer> =>
    damage(Buffer.from(layer.bytes.subarray(offset, end)));
  try {
    const stored = { sizeBytes: layer.bytes.length, readRange };
    const partial = layer.ztoc ? openZtoc(layer.ztoc, stored) : await findTable(layer, stored)?.open();
    return partial && (await analyzeByTable(partial, builtIn, options));
  } catch (error) {
    if (error instanceof TableError || error instanceof ClairError) return undefined;
    throw error;
  }
}

async function readWhole({ bytes }: TableLayer): Promise<LayerIndex> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  return await analyzeStream({ name: 'layer', claims: {}, bytes: pieces() }, builtIn, options);
}

/** The parts of an index that do not depend on how the layer was read. */
function contentOf({ digest: _, diffId: __, tarBytes: ___, verified: ____, ...content }: LayerIndex): object {
  return content;
}

const end = performance.now() + minutes * 60_000;
let [layers, refused, differences] = [0, 0, 0];
for (let number = 0; performance.now() < end; number++) {
  const random = new Random(seed * 1_000_003 + number);
  const layer = randomLayer(random);
  const partial = await readPartly(layer, random);
  layers++;
  if (partial === undefined) refused++;
  else if (!isDeepStrictEqual(contentOf(partial), contentOf(await readWhole(layer)))) {
    differences++;
    console.log(`layer ${number} of seed ${seed} differs`);
  }
}
console.log(`${layers} layers of seed ${seed}: ${refused} tables refused, ${differences} differ`);
process.exitCode = differences === 0 ? 0 : 1;
