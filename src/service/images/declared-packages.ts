import type { SquashedImage } from '../../match/squash.ts';
import type { PackageEvidence, PackageType } from '../../model/package.ts';
import { packageName } from '../../model/package-name.ts';

/** Why lock files and manifests are read. */
export interface DeclaredUse {
  /** Whether the image is a source tree, whose dependencies they state. */
  readonly isSourceTree: boolean;
  /** Whether a user asks for them in any image. */
  readonly isRequested: boolean;
}

/** Evidence of packages that are ready to run by themselves. A copy within another package does not replace a declared one. */
const installedEvidence: ReadonlySet<PackageEvidence> = new Set([
  'installed',
  'embedded-in-archive',
  'build-info',
]);

/**
 * Leaves out the declared packages that are also installed below the directory of their lock file, in whatever version: the installed one is
 * the answer. Other declared packages stay, since a part of a source tree may not be installed.
 */
export function withoutInstalledDeclared(squashed: SquashedImage): SquashedImage {
  const installed = new InstalledPackages(squashed.packages);
  return {
    ...squashed,
    packages: squashed.packages.filter((item) => {
      const { type, name, evidence } = item.package;
      const files = item.locations ?? [item];
      return evidence !== 'declared' || !files.every(({ path }) => installed.has(type, name, path));
    }),
    problems: squashed.problems.filter(({ extension, path, message, lacks }) => {
      // The name of a lister ends with the type, and such a message begins with the name of the requirement.
      const [name = ''] = message.split(' ', 1);
      return lacks !== 'version' || !installed.has(extension.replace(/^declared-/, ''), name, path);
    }),
  };
}

/** The paths of installed packages, by type and name. */
class InstalledPackages {
  readonly #paths = new Map<string, string[]>();

  constructor(packages: SquashedImage['packages']) {
    for (const item of packages)
      for (const { path, package: found } of item.locations ?? [item]) {
        if (found.evidence === undefined || !installedEvidence.has(found.evidence)) continue;
        const identity = identityOf(found.type, found.name);
        const paths = this.#paths.get(identity);
        if (paths === undefined) this.#paths.set(identity, [path]);
        else paths.push(path);
      }
  }

  /** Returns whether a package is installed below the directory of a lock file. */
  has(type: PackageType, name: string, lockFile: string): boolean {
    const directory = lockFile.slice(0, lockFile.lastIndexOf('/') + 1);
    return this.#paths.get(identityOf(type, name))?.some((path) => path.startsWith(directory)) === true;
  }
}

function identityOf(type: PackageType, name: string): string {
  return `${type}\n${packageName(type, name)}`;
}

/** Returns a key of the use, because packages of the same files differ between uses. */
export function declaredKey(use: DeclaredUse | undefined): string {
  return use?.isSourceTree === true && !use.isRequested ? ' declared-unless-installed' : '';
}
