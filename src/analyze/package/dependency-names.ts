import { limits } from '../../core/limits.ts';
import { isWord } from './listing.ts';

/** Limits the names that the packages of one database require and provide: a hostile database may have any number. */
export class DependencyBudget {
  #charactersLeft: number = limits.dependencyCharactersPerFile;

  /** Returns the distinct valid names; undefined if the budget is used up. */
  take(names: Iterable<string>): readonly string[] | undefined {
    const taken = distinctWords(names);
    this.#charactersLeft -= taken.reduce((sum, name) => sum + name.length, 0);
    return this.#charactersLeft < 0 ? undefined : taken;
  }
}

/** One array for all packages without names, of which a database may have many. */
const noNames: readonly string[] = [];

function distinctWords(names: Iterable<string>): readonly string[] {
  const words = [...new Set(names)].filter(isWord);
  return words.length === 0 ? noNames : words;
}

/** Returns the members of a package entry; none if the budget is used up. */
export function dependencyFields(
  budget: DependencyBudget,
  { requires, provides }: { readonly requires: Iterable<string>; readonly provides: Iterable<string> },
): { readonly requires?: readonly string[]; readonly provides?: readonly string[] } {
  const required = budget.take(requires);
  const provided = budget.take(provides);
  return {
    ...(required !== undefined && { requires: required }),
    ...(provided !== undefined && provided.length > 0 && { provides: provided }),
  };
}
