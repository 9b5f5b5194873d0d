import type { SquashedImage } from '../../match/squash.ts';
import { isVendorPackage } from '../../match/vendor-packages.ts';
import type { Distro } from '../../model/distro.ts';
import { namespaceOf } from '../../model/namespace.ts';
import type { ListedPackage } from '../../model/package.ts';

/** The files of an image that packages of its distribution own. The advisories of the distribution cover them. */
export class DistributionFiles {
  readonly #owners: SquashedImage['owners'];
  readonly #distro: Distro | null;
  /** The packages of package databases, by lister and name. */
  readonly #packages: ReadonlyMap<string, ListedPackage>;

  constructor({ owners, packages }: Pick<SquashedImage, 'owners' | 'packages'>, distro: Distro | null) {
    this.#owners = owners;
    this.#distro = distro;
    this.#packages = new Map(
      packages.flatMap((item) =>
        item.locations === undefined ? [[`${item.lister}\n${item.package.name}`, item.package] as const] : [],
      ),
    );
  }

  /** Returns whether a package that the distribution built, and whose namespace is known, owns a file. */
  has(path: string): boolean {
    const owner = this.#owners.get(path);
    const distro = this.#distro;
    if (owner === undefined || distro === null) return false;
    const found = this.#packages.get(`${owner.lister}\n${owner.name}`);
    if (found === undefined || namespaceOf(distro, found.type) === undefined) return false;
    return isVendorPackage(found, path, distro);
  }
}
