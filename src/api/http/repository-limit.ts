import { globMatches } from '../../kit/glob.ts';
import { parseImageName } from '../../model/image-name.ts';

/** Patterns of a limit in an entry of `api.tokens`, divided by `|`. A registry has lower-case letters only. */
const patternsForm = /^[a-z\d.*_:/-]+(?:\|[a-z\d.*_:/-]+)*$/;

/** The repositories to which a token is limited. */
export class RepositoryLimit {
  readonly #patterns: readonly string[];

  private constructor(patterns: readonly string[]) {
    this.#patterns = patterns;
  }

  /** Parses patterns such as `registry.example/shop/**|registry.example/base`. Undefined if the text is invalid. */
  static parse(text: string): RepositoryLimit | undefined {
    return patternsForm.test(text) ? new RepositoryLimit(text.split('|')) : undefined;
  }

  /** Returns whether a repository with its registry is among them: `registry.example/shop/web`. */
  allows(repository: string): boolean {
    return this.#patterns.some((pattern) => globMatches(pattern, repository, '/'));
  }

  /** Returns whether the repository of a reference is among them: `registry.example/shop/web:1.4`. */
  allowsReference(reference: string): boolean {
    const name = parseImageName(reference);
    return name !== undefined && this.allows(`${name.registry}/${name.repository}`);
  }
}
