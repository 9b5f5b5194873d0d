import type { ListedPackage } from '../../../model/package.ts';
import type { ListerEvent } from '../../../plugin/package-lister.ts';
import { DependencyBudget } from '../dependency-names.ts';
import { isWord } from '../listing.ts';
import { type HeaderEntry, type RpmHeader, textsOf } from './header.ts';

/** Requirements on features of rpm itself, and conditional ones, which no single package meets. */
const isOther = /^(?:rpmlib\(|\()/;

/** Of the packages that provide the same capability so many are named; real ones are few. */
const providersMax = 20;

/**
 * The capabilities that the packages of one database require and provide. They are many, and all of one database are known, so that
 * a package keeps the names of the packages it requires in place of their capabilities.
 */
export class Capabilities {
  readonly #required = new Map<ListedPackage, readonly string[]>();
  /** By capability, the names of the packages that provide it. */
  readonly #providers = new Map<string, string[]>();
  readonly #budget = new DependencyBudget();

  /** Notes what a package requires and provides, as its header says. */
  add(found: ListedPackage, { requires, provides }: RpmHeader): void {
    const required = requires === undefined ? [] : this.#namesIn(requires);
    if (required !== undefined) this.#required.set(found, required);
    for (const name of [found.name, ...((provides && this.#namesIn(provides)) ?? [])])
      this.#provide(name, found.name);
  }

  /** Adds to the packages of a database, all of them read, the names of those they require. */
  *resolve(database: Iterable<ListerEvent>): Generator<ListerEvent> {
    const listed = [...database];
    const paths = new Set([...this.#required.values()].flat().filter((name) => name.startsWith('/')));
    for (const item of listed) if ('owner' in item) this.#provideFiles(item.owner, item.files, paths);
    for (const item of listed)
      yield 'package' in item ? { ...item, package: this.#resolved(item.package) } : item;
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

  /** Programs can be required by their paths, also by those from before `/bin` became a link to `/usr/bin`. */
  #provideFiles(owner: string, files: readonly string[], required: ReadonlySet<string>): void {
    for (const file of files)
      for (const path of [`/${file}`, `/${file.replace(/^usr\//, '')}`])
        if (required.has(path)) this.#provide(path, owner);
  }

  /** A requirement that nothing installed meets keeps its own name. */
  #resolved(found: ListedPackage): ListedPackage {
    const required = this.#required.get(found);
    if (required === undefined) return found;
    const names = new Set(required.flatMap((name) => this.#providers.get(name) ?? [name]));
    return { ...found, requires: [...names].filter((name) => name !== found.name && isWord(name)) };
  }
}
