import { listSome } from '../../kit/collections.ts';
import type { UpgradeProposal } from './upgrade-proposals.ts';

/** Maximum number of package names, and of versions, in a text; the others are counted. */
const namesShownMax = 5;

/** Returns what to do, as one line: `Upgrade glibc from 2.36-9 to 2.36-9+deb12u7 (libc-bin, libc6)`. Contains untrusted names. */
export function upgradeText({
  kind,
  package: name,
  versions,
  fixedVersion,
  packages,
}: Pick<UpgradeProposal, 'kind' | 'package' | 'versions' | 'fixedVersion' | 'packages'>): string {
  if (kind === 'base-image') return baseText(name ?? '', versions.length);
  const names = [...new Set(packages.map((item) => item.name))];
  if (kind === 'rebuild')
    return `Rebuild the image without cache: its instructions then install fixed versions of ${listed(names)}`;
  const from = versions.length === 0 ? '' : ` from ${listed(versions)}`;
  if (fixedVersion === null) {
    const parts = packages.map((item) => `${item.name} ${item.fixedVersion}`);
    return `Upgrade ${name ?? ''}${from} to a version that contains ${listed([...new Set(parts)])} or later`;
  }
  const isAlone = names.length === 1 && names[0] === name;
  return `Upgrade ${name ?? ''}${from} to ${fixedVersion}${isAlone ? '' : ` (${listed(names)})`}`;
}

/** Returns what to do with a base image. Only in a fleet, the number of older images of its name is known. */
function baseText(name: string, older: number): string {
  if (older === 0) return `Use the base image ${name}`;
  return `Build again on the newer base image ${name} instead of ${older === 1 ? 'an older one' : `${older} older ones`}`;
}

function listed(names: readonly string[]): string {
  return listSome(names, namesShownMax);
}
