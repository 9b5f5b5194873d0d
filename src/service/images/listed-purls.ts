import type { Distro } from '../../model/distro.ts';
import { distroOfNamespace, ecosystemOfType, isDistributionType } from '../../model/namespace.ts';
import type { ListedPackage, PackageType } from '../../model/package.ts';
import { languagePurlOf, purlOf } from '../../model/purl.ts';
import type { AnyLister, Extensions } from '../../plugin/extensions.ts';

/** Writes the package URLs of the packages of an image, as their listers state. */
export class ListedPurls {
  readonly #distro: Distro | null;
  readonly #listers: ReadonlyMap<string, AnyLister>;
  /** Ecosystems of the listers. Each has the name of its type. */
  readonly #ecosystems: ReadonlySet<string>;

  constructor(distro: Distro | null, { listers }: Pick<Extensions, 'listers'>) {
    this.#distro = distro;
    this.#listers = new Map(listers.map((lister) => [lister.name, lister]));
    this.#ecosystems = new Set(listers.flatMap(({ ecosystem }) => ecosystem?.name ?? []));
  }

  /** Returns the package URL of a package that the lister of this name listed. */
  purlOf(lister: string, listed: ListedPackage): string {
    const { ecosystem, purlSeparator } = this.#listers.get(lister) ?? {};
    const distro = ecosystem === undefined ? this.#distro : distroOfNamespace(ecosystem.name);
    const isOfEcosystem =
      this.#isTypeOfEcosystem(listed.type) || (ecosystem !== undefined && distro === null);
    return isOfEcosystem && !isDistributionType(listed.type)
      ? languagePurlOf(listed, purlSeparator)
      : purlOf(listed, distro);
  }

  /** Returns whether packages of a type are the same in every distribution, also those that a lister without an ecosystem lists. */
  #isTypeOfEcosystem(type: PackageType): boolean {
    return ecosystemOfType(type) !== undefined || this.#ecosystems.has(type);
  }
}
