import { FolderTests } from './folder-tests.ts';
import { type Mutant, mutantsOf } from './mutants.ts';
import { productSources } from './sources.ts';

/** How many sampled mutants of a folder its tests detect. */
export interface MutationScore {
  readonly folder: string;
  /** Number of all mutants, and of those that were tried. */
  readonly all: number;
  readonly tried: number;
  readonly noticed: number;
  /** `path:line:column was → is`. */
  readonly missed: readonly string[];
}

/** Tries `count` mutants of a folder on its tests. The same count and seed select the same mutants. */
export function mutationScore(folder: string, count: number, seed: number): MutationScore {
  const all = productSources()
    .filter(({ path }) => path.startsWith(`${folder}/`))
    .flatMap(mutantsOf);
  const tried = sample(all, count, seed);
  using tests = new FolderTests(folder);
  const missed = tried.filter((mutant) => !tests.detects(mutant));
  return {
    folder,
    all: all.length,
    tried: tried.length,
    noticed: tried.length - missed.length,
    missed: missed.map(mutantText),
  };
}

/** Returns an evenly spread sample. The seed sets the start, by the golden ratio, so that the first seeds differ widely. */
function sample(all: readonly Mutant[], count: number, seed: number): Mutant[] {
  const step = Math.max(1, all.length / count);
  const begin = (seed * 0.618034) % 1;
  return Array.from(
    { length: Math.min(count, all.length) },
    (_, i) => all[Math.floor((i + begin) * step)],
  ).filter((mutant) => mutant !== undefined);
}

function mutantText({ path, line, column, was, is }: Mutant): string {
  return `${path}:${line}:${column} ${was} → ${is}`;
}
