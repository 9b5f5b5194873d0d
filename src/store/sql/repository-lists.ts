import type { ImageIndex } from '../store.ts';

/** The lists of repositories of an image, each once: most packages share theirs. */
export class RepositoryLists {
  readonly #places = new Map<string, number>();

  constructor({ packages }: ImageIndex) {
    for (const { repositories } of packages) {
      const list = JSON.stringify(repositories ?? []);
      if (repositories !== undefined && !this.#places.has(list)) this.#places.set(list, this.#places.size);
    }
  }

  /** As they are stored with the image; null when there are none. */
  get text(): string | null {
    return this.#places.size === 0 ? null : `[${[...this.#places.keys()].join(',')}]`;
  }

  /** Where the list of a package stands among them. */
  placeOf(repositories: readonly string[] | undefined): number | null {
    return repositories === undefined ? null : (this.#places.get(JSON.stringify(repositories)) ?? null);
  }
}

/** The lists of repositories of an image as they were stored. */
export function readRepositories(text: string | null): string[][] {
  // The database holds what was written above: nothing from outside that would have to be checked again.
  return text === null ? [] : (JSON.parse(text) as string[][]);
}
