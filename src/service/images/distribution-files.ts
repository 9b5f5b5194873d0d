import { isVendorPackage } from '../../match/vendor-packages.ts';
import type { Distro } from '../../model/distro.ts';
import { namespaceOf } from '../../model/namespace.ts';
import type { ListedPackage } from '../../model/package.ts';

/** The owners of the files of an image, and its packages. */
export interface FileOwnership {
  readonly distro: Distro | null;
  /** The packages of package databases. */
  readonly packages: readonly ListedPackage[];
  /** Returns the name of the package that owns a file. */
  readonly ownerOf: (path: string) => string | undefined;
}

/** The files of an image that packages of its distribution own. The advisories of the distribution cover them. */
export class DistributionFiles {
  readonly #distro: Distro | null;
  readonly #ownerOf: FileOwnership['ownerOf'];
  readonly #packages: ReadonlyMap<string, readonly ListedPackage[]>;

  constructor({ distro, packages, ownerOf }: FileOwnership) {
    this.#distro = distro;
    this.#ownerOf = ownerOf;
    this.#packages = Map.groupBy(packages, ({ name }) => name);
  }

  /** Returns whether a package that the distribution built, and whose namespace is known, owns a file. */
  has(path: string): boolean {
    const owner = this.#ownerOf(path);
    const distro = this.#distro;
    if (owner === undefined || distro === null) return false;
    const found = this.#packages.get(owner) ?? [];
    return found.some(
      (item) => namespaceOf(distro, item.type) !== undefined && isVendorPackage(item, path, distro),
    );
  }
}
