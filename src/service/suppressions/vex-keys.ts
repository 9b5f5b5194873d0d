import type { TrustedKey } from '../../image/registry/signed-statements.ts';
import { globMatches } from '../../kit/glob.ts';

/** A public key, and the repositories whose images it may sign VEX documents for. */
export interface VexKeyRule {
  /** With the registry: `registry.example/shop/*`. `*` stays within a path segment, `**` does not. */
  readonly pattern: string;
  readonly key: TrustedKey;
}

/** The public keys whose VEX documents a server applies. */
export class VexKeys {
  readonly #rules: readonly VexKeyRule[];

  constructor(rules: readonly VexKeyRule[]) {
    this.#rules = rules;
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** Returns the keys for a repository, named with its registry. */
  of(repository: string): readonly TrustedKey[] {
    const keys = this.#rules.flatMap(({ pattern, key }) =>
      globMatches(pattern, repository, '/') ? [key] : [],
    );
    return [...new Map(keys.map((key) => [key.id, key])).values()];
  }

  /** Returns whether a key is one of all of these repositories. */
  trusts(signer: string, repositories: readonly string[]): boolean {
    return repositories.every((repository) => this.of(repository).some(({ id }) => id === signer));
  }
}
