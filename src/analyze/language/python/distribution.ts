import type { ListedPackage, ParentPackage } from '../../../model/package.ts';
import { packageName } from '../../../model/package-name.ts';
import type { ListerEvent } from '../../../plugin/package-lister.ts';
import type { EntryProblem } from '../../package/listing.ts';
import type { DistributionPath } from './distribution-path.ts';

/** A metadata file that was read. */
export interface Distribution {
  readonly path: string;
  readonly place: DistributionPath;
  /** Undefined if it describes no distribution. */
  readonly content: ListedPackage | EntryProblem | undefined;
}

/** Distributions with code in a directory of another name. */
const ownersOfDirectories: ReadonlyMap<string, string> = new Map([['pkg_resources', 'setuptools']]);

/** Installed distributions by root and normalized name. */
export type InstalledDistributions = ReadonlyMap<string, ParentPackage>;

/** Returns the distributions that may contain others. */
export function installedByRoot(distributions: readonly Distribution[]): InstalledDistributions {
  return new Map(
    distributions.flatMap(({ place, content }) => {
      if (place.evidence === 'vendored' || content === undefined || 'problem' in content) return [];
      const { name, version } = content;
      return [[distributionKey(place.root, name), { name, version }]];
    }),
  );
}

/** Returns the key of a distribution in a directory. */
export function distributionKey(root: string, name: string): string {
  return `${root}\n${packageName('pypi', name)}`;
}

/** Returns the event of a metadata file. */
export function eventOf(
  { path, place, content }: Distribution,
  installed: InstalledDistributions,
): ListerEvent {
  const { root, evidence, vendoredBy } = place;
  if (evidence === 'ignored' || content === undefined) return { kind: 'no-package', path };
  if ('problem' in content) return { kind: 'problem', path, ...content };
  const owner = vendoredBy && (ownersOfDirectories.get(vendoredBy) ?? vendoredBy);
  const parent = owner === undefined ? undefined : installed.get(distributionKey(root, owner));
  return {
    kind: 'package',
    path,
    package: { ...content, evidence, ...(parent !== undefined && { parent }) },
  };
}
