import { isDistributionType } from '../../model/namespace.ts';
import type { SourcePackage } from '../../model/package.ts';
import { packageName } from '../../model/package-name.ts';
import type { PeerPackage } from '../../model/peer-report.ts';

/** The identity of a package: its type, or an empty text for every type, its name and version. */
type Identity = Pick<PeerPackage, 'type' | 'name' | 'version'>;

/** Returns a key that is equal for all spellings of a package: of its name in its registry, and of its version. */
export function packageKeyOf({ type, name, version }: Identity): string {
  return `${nameKeyOf({ type, name })}\n${plainVersion(type, version)}`;
}

/**
 * Returns the keys of a package of Clair. Scanners name the binary package or its source package, with the version of either, and some no
 * type.
 */
export function packageKeysOf({
  type,
  name,
  version,
  source,
}: Identity & { readonly source?: SourcePackage | null | undefined }): string[] {
  const names = new Set([name, source?.name ?? name]);
  const versions = new Set([version, source?.version ?? version]);
  return ['', type].flatMap((each) =>
    [...names].flatMap((one) =>
      Array.from(versions, (it) => packageKeyOf({ type: each, name: one, version: it })),
    ),
  );
}

/** Most related packages that are looked at. Real packages have some. */
const relatedMax = 100;

/** The packages of a report, by what different scanners may write differently. */
export class PackageIndex {
  readonly #byKey = new Map<string, PeerPackage>();
  readonly #byName = new Map<string, PeerPackage[]>();
  readonly #byLooseName = new Map<string, PeerPackage[]>();
  readonly #byPath = new Map<string, PeerPackage[]>();
  readonly #types = new Set<string>();

  constructor(packages: Iterable<PeerPackage>) {
    for (const found of packages) this.#add(found);
  }

  /** Whether a package of this type is listed. */
  hasType(type: string): boolean {
    return this.#types.has(type);
  }

  /** Whether a package of a distribution is listed. */
  get hasDistribution(): boolean {
    return [...this.#types].some(isDistributionType);
  }

  /** Returns the same package. */
  find(wanted: Identity): PeerPackage | undefined {
    return this.#byKey.get(packageKeyOf(wanted));
  }

  /** Whether a package with this key is listed. */
  hasKey(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** Returns the package in other versions. */
  otherVersionsOf(wanted: Identity): readonly PeerPackage[] {
    return (this.#byName.get(nameKeyOf(wanted)) ?? []).filter((found) => !isSameVersion(found, wanted));
  }

  /** Returns packages of that version whose name differs only in case and separators. */
  similarTo(wanted: Identity): readonly PeerPackage[] {
    return (this.#byLooseName.get(looseNameOf(wanted)) ?? []).filter(
      (found) =>
        isSameVersion(found, wanted) &&
        nameKeyOf(found) !== nameKeyOf({ type: found.type, name: wanted.name }),
    );
  }

  /** Returns packages with a similar name or at the same path, up to a maximum. */
  relatedTo(wanted: PeerPackage): readonly PeerPackage[] {
    const related = [wanted.paths.map((path) => this.#byPath.get(path) ?? [])].flat(2);
    return [...(this.#byLooseName.get(looseNameOf(wanted)) ?? []), ...related].slice(0, relatedMax);
  }

  #add(found: PeerPackage): void {
    this.#types.add(found.type);
    // Some reports state no types.
    for (const type of new Set([found.type, ''])) {
      const typed = { ...found, type };
      this.#byKey.set(packageKeyOf(typed), found);
      append(this.#byName, nameKeyOf(typed), found);
      append(this.#byLooseName, looseNameOf(typed), found);
    }
    for (const path of found.paths) append(this.#byPath, path, found);
  }
}

/** Keeps no more than `relatedMax`, so that no list of a hostile report is searched for long. */
function append(map: Map<string, PeerPackage[]>, key: string, found: PeerPackage): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [found]);
  else if (list.length < relatedMax) list.push(found);
}

function nameKeyOf({ type, name }: Pick<Identity, 'type' | 'name'>): string {
  return `${type}\n${packageName(type, name)}`;
}

/** The artifact of Maven packages, without their group. */
function looseNameOf({ type, name }: Pick<Identity, 'type' | 'name'>): string {
  const artifact = type === 'maven' ? name.slice(name.indexOf(':') + 1) : name;
  return `${type}\n${artifact.toLowerCase().replace(/[-_.]+/g, '-')}`;
}

function isSameVersion(one: Identity, other: Identity): boolean {
  return plainVersion(one.type, one.version) === plainVersion(other.type, other.version);
}

/** Omits what only some scanners write: the epoch 0 of distributions, and the prefix of versions of Go, npm and Composer. */
function plainVersion(type: string, version: string): string {
  const plain = isDistributionType(type) ? version : version.replace(/^(?:v|go)(?=\d)/, '');
  return plain.replace(/^0:/, '');
}
