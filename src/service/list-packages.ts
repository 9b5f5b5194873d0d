import { messageOf } from '../kit/errors.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import type { ListedPackage } from '../model/package.ts';
import { type Files, patternSet } from '../plugin/layer-files.ts';
import type { Listed, PackageLister } from '../plugin/package-lister.ts';

/** What listers tell of a layer. */
export type Listing = Pick<LayerIndex, 'packages' | 'owned' | 'repositories' | 'problems'>;

/**
 * Lists what a lister finds in a layer: in the files at the places it asks for, and apart from them in those that `wantedPathOf`
 * says stand for such a place. All that is told bears the path at which the file really lies.
 */
export function listPackages(
  lister: PackageLister,
  files: Files,
  wantedPathOf: (path: string) => string | undefined,
): Listing {
  const isWanted = patternSet(lister.wants);
  const here = [...files].filter(([path]) => isWanted.find(path) !== undefined);
  const linked = [...files].flatMap(([path, content]) => {
    const wanted = wantedPathOf(path);
    return wanted !== undefined && isWanted.find(wanted) !== undefined ? [{ path, wanted, content }] : [];
  });
  const realPaths = new Map(linked.map(({ path, wanted }) => [wanted, path]));
  return merge([
    listAlone(lister, new Map(here), (path) => path),
    listAlone(
      lister,
      new Map(linked.map(({ wanted, content }) => [wanted, content])),
      (path) => realPaths.get(path) ?? path,
    ),
  ]);
}

/** Several listings as one. */
export function merge(listings: readonly Listing[]): Listing {
  return {
    packages: listings.flatMap(({ packages }) => packages),
    owned: listings.flatMap(({ owned }) => owned),
    repositories: listings.flatMap(({ repositories }) => repositories),
    problems: listings.flatMap(({ problems }) => problems),
  };
}

function listAlone(lister: PackageLister, files: Files, realPathOf: (path: string) => string): Listing {
  const found: Listed[] = [];
  try {
    if (files.size > 0) for (const listed of lister.list(files)) found.push(listed);
  } catch (error) {
    // A lister that breaks costs its own result, and the report says so.
    const [path = ''] = files.keys();
    found.push({ path, problem: `the lister failed: ${messageOf(error)}` });
  }
  return sorted(
    lister.name,
    found.map((listed) => ({ ...listed, path: realPathOf(listed.path) })),
  );
}

function sorted(lister: string, found: readonly Listed[]): Listing {
  const byPath = new Map<string, ListedPackage[]>();
  for (const listed of found) {
    if (!('package' in listed)) continue;
    if (!byPath.get(listed.path)?.push(listed.package)) byPath.set(listed.path, [listed.package]);
  }
  return {
    packages: [...byPath].map(([path, packages]) => ({ path, lister, packages })),
    owned: found.flatMap((listed) => ('owner' in listed ? [{ ...listed, lister }] : [])),
    repositories: found.flatMap((listed) =>
      'repositories' in listed ? [{ path: listed.path, names: listed.repositories }] : [],
    ),
    problems: found.flatMap((listed) =>
      'problem' in listed ? [{ extension: lister, path: listed.path, message: listed.problem }] : [],
    ),
  };
}
