import { FolderTests } from './folder-tests.ts';
import { type Mutant, mutantsOf } from './mutants.ts';
import { productSources } from './sources.ts';

/** How many of some mutants of a folder its tests notice. */
export interface MutationScore {
  readonly folder: string;
  /** That there are, and that were tried. */
  readonly all: number;
  readonly tried: number;
  readonly noticed: number;
  /** `path:line:column was → is`. */
  readonly missed: readonly string[];
}

/** Tries so many mutants of a folder on its tests. The same number and seed choose the same mutants. */
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
    missed: missed.map(inWords),
  };
}

/** So many of all, evenly spread. Each seed begins elsewhere: by the golden ratio, the first few are far from each other. */
function sample(all: readonly Mutant[], count: number, seed: number): Mutant[] {
  const step = Math.max(1, all.length / count);
  const begin = (seed * 0.618034) % 1;
  return Array.from(
    { length: Math.min(count, all.length) },
    (_, i) => all[Math.floor((i + begin) * step)],
  ).filter((mutant) => mutant !== undefined);
}

function inWords({ path, line, column, was, is }: Mutant): string {
  return `${path}:${line}:${column} ${was} → ${is}`;
}
