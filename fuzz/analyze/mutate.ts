import type { Random } from '../random.ts';
import { byteMutations } from './mutation/bytes.ts';
import { inputBytesMax, placeIn } from './mutation/mutation.ts';
import { type Input, sizeOf, type Target } from './target/target.ts';

/** Returns an input made from one or two inputs of the corpus by a few mutations. */
export function mutate(target: Target, corpus: readonly Input[], random: Random): Input {
  const files = new Map(choose(corpus, random));
  if (target.paths.length > 1 && random.chance(0.15)) rearrange(files, target, corpus, random);
  if (random.chance(0.15)) splice(files, choose(corpus, random), random);
  for (let count = 1 + random.below(random.chance(0.7) ? 2 : 6); count > 0; count--)
    change(files, target, random);
  return files;
}

/** Chooses an input. Prefers recent inputs, which reached the newest code, and small ones, which run fast. */
function choose(corpus: readonly Input[], random: Random): Input {
  const from = random.chance(0.3) ? Math.max(corpus.length - 20, 0) : 0;
  const one = corpus[from + random.below(corpus.length - from)] ?? new Map();
  const other = corpus[random.below(corpus.length)] ?? one;
  return random.chance(0.7) && sizeOf(other) < sizeOf(one) ? other : one;
}

function change(files: Map<string, Buffer>, target: Target, random: Random): void {
  const paths = [...files.keys()];
  if (paths.length === 0) return;
  const path = random.pick(paths);
  const mutations = target.mutations.length > 0 && random.chance(0.6) ? target.mutations : byteMutations;
  files.set(
    path,
    random
      .pick(mutations)(files.get(path) ?? Buffer.alloc(0), random)
      .subarray(0, inputBytesMax),
  );
}

/** Removes a file, moves it to another path, or takes one from another input. */
function rearrange(
  files: Map<string, Buffer>,
  target: Target,
  corpus: readonly Input[],
  random: Random,
): void {
  const paths = [...files.keys()];
  if (paths.length === 0) return;
  const path = random.pick(paths);
  const content = files.get(path) ?? Buffer.alloc(0);
  if (random.chance(0.6)) files.delete(path);
  if (random.chance(0.6)) files.set(random.pick(target.paths), content);
  if (random.chance(0.3)) for (const [other, bytes] of choose(corpus, random)) files.set(other, bytes);
}

/** Joins the start of one file with the end of another. */
function splice(files: Map<string, Buffer>, other: Input, random: Random): void {
  for (const [path, bytes] of files) {
    const tail = other.get(path);
    if (tail === undefined) continue;
    const place = placeIn(bytes.length, random);
    const isAligned = random.chance(0.5);
    const from = isAligned ? Math.min(place, tail.length) : placeIn(tail.length, random);
    files.set(
      path,
      Buffer.concat([bytes.subarray(0, place), tail.subarray(from)]).subarray(0, inputBytesMax),
    );
  }
}
