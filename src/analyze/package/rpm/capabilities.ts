import type { ListedPackage } from '../../../model/package.ts';
import type { ListerEvent } from '../../../plugin/package-lister.ts';
import { DependencyBudget } from '../dependency-names.ts';
import { isWord } from '../listing.ts';
import { type HeaderEntry, type RpmHeader, textsOf } from './header.ts';

/** Matches requirements on features of rpm itself, and conditional ones, which no single package meets. */
const isOther = /^(?:rpmlib\(|\()/;

/** Maximum number of providers of one capability that are named; real ones are few. */
const providersMax = 20;

/**
 * The capabilities that the packages of one database require and provide. All capabilities of a database are known
 * after reading it, so that a package stores the names of the packages it requires instead of the capabilities.
 */
export class Capabilities {
  readonly #required = new Map<ListedPackage, readonly string[]>();
  /** Names of the packages that provide a capability, by capability. */
  readonly #providers = new Map<string, string[]>();
  readonly #budget = new DependencyBudget();

  /** Adds the requirements and capabilities in the header of a package. */
  add(found: ListedPackage, { requires, provides }: RpmHeader): void {
    const required = requires === undefined ? [] : this.#namesIn(requires);
    if (required !== undefined) this.#required.set(found, required);
    for (const name of [found.name, ...((provides && this.#namesIn(provides)) ?? [])])
      this.#provide(name, found.name);
  }

  /** Yields the packages of a completely read database with the names of the packages they require. */
  *resolve(database: Iterable<ListerEvent>): Generator<ListerEvent> {
    const listed = [...database];
    const paths = new Set([...this.#required.values()].flat().filter((name) => name.startsWith('/')));
    for (const item of listed)
      if (item.kind === 'owned-files') this.#provideFiles(item.owner, item.files, paths);
    for (const item of listed)
      yield item.kind === 'package' ? { ...item, package: this.#resolved(item.package) } : item;
  }

  #namesIn(entry: HeaderEntry): readonly string[] | undefined {
    const names = textsOf(entry)?.filter((name) => !isOther.test(name));
    return names && this.#budget.take(names);
  }

  #provide(capability: string, name: string): void {
    const providers = this.#providers.get(capability);
    if (providers === undefined) this.#providers.set(capability, [name]);
    else if (!providers.includes(name) && providers.length < providersMax) providers.push(name);
  }

  /** Adds owned programs as capabilities, also by their paths from before `/bin` became a link to `/usr/bin`. */
  #provideFiles(owner: string, files: readonly string[], required: ReadonlySet<string>): void {
    for (const file of files)
      for (const path of [`/${file}`, `/${file.replace(/^usr\//, '')}`])
        if (required.has(path)) this.#provide(path, owner);
  }

  /** Resolves requirements. One that no installed package meets keeps its own name. */
  #resolved(found: ListedPackage): ListedPackage {
    const required = this.#required.get(found);
    if (required === undefined) return found;
    const names = new Set(required.flatMap((name) => this.#providers.get(name) ?? [name]));
    return { ...found, requires: [...names].filter((name) => name !== found.name && isWord(name)) };
  }
}
