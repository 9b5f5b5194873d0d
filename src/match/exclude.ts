import { trimCharacters } from '../kit/collections.ts';
import { pathGlobMatches } from '../kit/path-glob.ts';
import { locatedPackage } from './package-files.ts';
import type { SquashedImage, SquashedPackage } from './squash.ts';

/** A file that would have been read. */
export interface ExcludedFile {
  readonly extension: string;
  readonly path: string;
  readonly layer: number;
  /** The pattern that excludes it. */
  readonly pattern: string;
}

/** An image without the excluded files, and the relevant files among them. */
export interface Exclusion {
  readonly squashed: SquashedImage;
  readonly excluded: readonly ExcludedFile[];
}

/** The name of the extension that reads release files. */
const releaseFiles = 'namespace';

/**
 * Removes files at or below paths that patterns name. This happens after layers are read and squashed, so that cached layers do not depend
 * on the patterns.
 */
export function withoutExcluded(squashed: SquashedImage, patterns: readonly string[]): Exclusion {
  const excluded = new Map<string, ExcludedFile>();
  const isKept = (file: Omit<ExcludedFile, 'pattern'>): boolean => {
    const pattern = patterns.find((one) => excludes(one, file.path));
    if (pattern !== undefined) excluded.set(`${file.extension}\n${file.path}`, { ...file, pattern });
    return pattern === undefined;
  };
  const files = [...squashed.files].filter(([path]) => isKept({ extension: releaseFiles, path, layer: 0 }));
  const packages = squashed.packages.flatMap((item) => keptPackage(item, isKept));
  const problems = squashed.problems.filter(({ extension, path, layer }) =>
    isKept({ extension, path, layer }),
  );
  const found = squashed.evidence.found.filter(({ kind, path }) =>
    isKept({ extension: kind, path, layer: 0 }),
  );
  const evidence = { ...squashed.evidence, found };
  return {
    squashed: { ...squashed, files: new Map(files), packages, problems, evidence },
    excluded: [...excluded.values()],
  };
}

/** Returns a package with its locations that are kept. None if all are excluded. */
function keptPackage(
  item: SquashedPackage,
  isKept: (file: Omit<ExcludedFile, 'pattern'>) => boolean,
): SquashedPackage[] {
  const { lister, repositories, locations } = item;
  const isKeptAt = ({ path, layer }: Pick<SquashedPackage, 'path' | 'layer'>): boolean =>
    isKept({ extension: lister, path, layer });
  if (locations === undefined) return isKeptAt(item) ? [item] : [];
  const kept = locations.filter(isKeptAt);
  return kept.length === 0 ? [] : [{ ...locatedPackage(lister, kept), repositories }];
}

function excludes(pattern: string, path: string): boolean {
  const wanted = trimCharacters(pattern, '/');
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
    if (pathGlobMatches(wanted, path.slice(0, slash))) return true;
  return pathGlobMatches(wanted, path);
}
