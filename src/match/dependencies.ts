import { limits } from '../core/limits.ts';
import type { ListedPackage } from '../model/package.ts';

/** The relevant part of a package. */
type Requiring = Pick<ListedPackage, 'type' | 'name' | 'arch' | 'requires' | 'provides'>;

/**
 * Returns the indexes of the packages that each package of an image requires by name. Empty if it requires nothing. Undefined if its
 * requirements are unknown or none is installed, and for packages of npm (`npmDependenciesOf`). Packages that are not installed are omitted.
 * The first installed alternative counts. Among packages of one name, those of the same architecture count. If several packages provide a
 * name, all of them count.
 */
export function dependenciesOf(packages: readonly Requiring[]): (readonly number[] | undefined)[] {
  const byType = Map.groupBy(packages.entries(), ([, { type }]) => type);
  const finders = new Map([...byType].map(([type, entries]) => [type, new ProviderIndex(entries)]));
  let left: number = limits.dependenciesPerImage;
  return packages.map((found, i) => {
    const { type, requires } = found;
    if (type === 'npm' || requires === undefined || left < requires.length) return undefined;
    const needed = new Set(requires.flatMap((text) => finders.get(type)?.find(text, found.arch) ?? []));
    needed.delete(i);
    left -= needed.size;
    return needed.size === 0 && requires.length > 0 ? undefined : [...needed].sort((a, b) => a - b);
  });
}

/** Maximum number of packages that provide the same name. */
const providersMax = 50;

interface Candidate {
  readonly place: number;
  readonly arch: string | undefined;
}

/** Finds the packages of one type by the names they have and provide. */
class ProviderIndex {
  readonly #byName = new Map<string, Candidate[]>();
  readonly #byProvided = new Map<string, Candidate[]>();

  constructor(packages: readonly (readonly [place: number, found: Requiring])[]) {
    for (const [place, { name, arch, provides = [] }] of packages) {
      add(this.#byName, name, { place, arch });
      for (const provided of provides) add(this.#byProvided, provided, { place, arch });
    }
  }

  find(requirement: string, arch: string | undefined): number[] {
    for (const name of requirement.split('|')) {
      const found = this.#byName.get(name) ?? this.#byProvided.get(name);
      if (found !== undefined) return preferred(found, arch).map(({ place }) => place);
    }
    return [];
  }
}

function add(candidates: Map<string, Candidate[]>, name: string, candidate: Candidate): void {
  const existing = candidates.get(name);
  if (existing === undefined) candidates.set(name, [candidate]);
  else if (existing.length < providersMax) existing.push(candidate);
}

function preferred(found: readonly Candidate[], arch: string | undefined): readonly Candidate[] {
  const same = found.filter((candidate) => candidate.arch === arch);
  return same.length > 0 ? same : found;
}
