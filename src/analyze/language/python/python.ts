import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import type { ListedPackage, ParentPackage } from '../../../model/package.ts';
import { packageName } from '../../../model/package-name.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { DependencyBudget } from '../../package/dependency-names.ts';
import { deduplicated, type EntryProblem } from '../../package/listing.ts';
import { type DistributionPath, distributionPath, isDormantPath } from './distribution-path.ts';
import { readMetadata } from './metadata.ts';
import { readVendorList, rootOfVendorList } from './vendor-list.ts';

/** A metadata file that was read. */
interface Distribution {
  readonly path: string;
  readonly place: DistributionPath;
  /** Undefined if it describes no distribution. */
  readonly content: ListedPackage | EntryProblem | undefined;
}

/** Distributions with code in a directory of another name. */
const ownersOfDirectories: ReadonlyMap<string, string> = new Map([['pkg_resources', 'setuptools']]);

/**
 * Lists Python distributions by their metadata: wheels, eggs, and copies inside of other distributions. Distributions in caches are
 * dormant. Requirement and lock files are no evidence.
 */
export const pythonLister: PackageLister = {
  name: 'pypi',
  version: 1,
  wants: [
    '**/*.dist-info/METADATA',
    '**/*.egg-info/PKG-INFO',
    '**/*.egg-info/METADATA',
    '**/*.egg-info',
    '**/*.egg/EGG-INFO/PKG-INFO',
    '**/pip/_vendor/vendor.txt',
  ],
  ecosystem: namespaceOfEcosystem('pypi'),
  *list(files: Files) {
    const budget = new DependencyBudget();
    const distributions = [...files].flatMap(([path, content]) => readFile(path, content, budget));
    const installed = installedByRoot(distributions);
    for (const found of distributions) yield eventOf(found, installed);
    for (const [path, content] of files) {
      const root = rootOfVendorList(path);
      if (root !== undefined)
        yield* deduplicated(path, listVendored(path, content, installed.get(keyOf(root, 'pip'))));
    }
  },
};

function readFile(path: string, content: Uint8Array, budget: DependencyBudget): Distribution[] {
  const place = distributionPath(path);
  return place === undefined ? [] : [{ path, place, content: readMetadata(content, budget) }];
}

/** Installed distributions by root and normalized name. */
type Installed = ReadonlyMap<string, ParentPackage>;

function installedByRoot(distributions: readonly Distribution[]): Installed {
  return new Map(
    distributions.flatMap(({ place, content }) => {
      if (place.evidence === 'vendored' || content === undefined || 'problem' in content) return [];
      const { name, version } = content;
      return [[keyOf(place.root, name), { name, version }]];
    }),
  );
}

function keyOf(root: string, name: string): string {
  return `${root}\n${packageName('pypi', name)}`;
}

function eventOf({ path, place, content }: Distribution, installed: Installed): ListerEvent {
  const { root, evidence, vendoredBy } = place;
  if (evidence === 'ignored' || content === undefined) return { kind: 'no-package', path };
  if ('problem' in content) return { kind: 'problem', path, ...content };
  const owner = vendoredBy && (ownersOfDirectories.get(vendoredBy) ?? vendoredBy);
  const parent = owner === undefined ? undefined : installed.get(keyOf(root, owner));
  return {
    kind: 'package',
    path,
    package: { ...content, evidence, ...(parent !== undefined && { parent }) },
  };
}

function* listVendored(
  path: string,
  content: Uint8Array,
  parent: ParentPackage | undefined,
): Generator<ListerEvent> {
  const evidence = isDormantPath(path) ? 'dormant' : 'vendored';
  for (const item of readVendorList(content)) {
    if ('problem' in item) yield { kind: 'problem', path, ...item };
    else
      yield {
        kind: 'package',
        path,
        package: { ...item, evidence, ...(parent !== undefined && { parent }) },
      };
  }
}
