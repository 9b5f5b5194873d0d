import { ClairError } from '../../../core/errors.ts';
import type { Grant } from '../access.ts';
import { RepositoryLimit } from '../repository-limit.ts';
import type { Scope } from '../route.ts';
import type { ProvidedIdentity } from './oidc-provider.ts';

/** An entry of `api.oidc.grants`. Absent members are not set. */
export interface GrantSettings {
  readonly scope?: Scope;
  readonly values?: readonly string[];
  readonly repositories?: readonly string[];
}

/** The value that every person of the provider has. */
const anyValue = '*';

type ParsedGrant = Pick<Grant, 'scope' | 'repositories'> & { readonly values: ReadonlySet<string> };

/** The rights of people by the values of a claim. */
export class OidcGrants {
  readonly #entries: readonly ParsedGrant[];

  private constructor(entries: readonly ParsedGrant[]) {
    this.#entries = entries;
  }

  /** Parses the entries, in their order. Throws `config-invalid` if there are none, or for an entry without values. */
  static parse(settings: Readonly<Record<string, GrantSettings>>): OidcGrants {
    const entries = Object.entries(settings).map(([name, entry]) => parseGrant(name, entry));
    if (entries.length === 0)
      throw new ClairError(
        'config-invalid',
        'api.oidc needs an entry in api.oidc.grants: it admits no person',
      );
    return new OidcGrants(entries);
  }

  /** Returns the grant of the first entry that names a value of the person. Undefined without one. */
  grantOf({ person, values }: ProvidedIdentity): Grant | undefined {
    const found = this.#entries.find(
      (entry) => entry.values.has(anyValue) || values.some((value) => entry.values.has(value)),
    );
    if (found === undefined) return undefined;
    const { scope, repositories } = found;
    return { name: person, scope, repositories, expiresAt: Number.POSITIVE_INFINITY };
  }

  /** Whether an entry is limited to repositories. */
  get isLimited(): boolean {
    return this.#entries.some(({ repositories }) => repositories !== undefined);
  }

  /** Returns the values that an entry names. Others need not be kept. */
  namedValues(values: readonly string[]): string[] {
    return values.filter((value) => this.#entries.some((entry) => entry.values.has(value)));
  }
}

function parseGrant(
  name: string,
  { scope = 'read', values = [], repositories: patterns = [] }: GrantSettings,
): ParsedGrant {
  if (values.length === 0)
    throw new ClairError('config-invalid', `api.oidc.grants.${name} has no values: it admits no person`);
  const repositories = patterns.length === 0 ? undefined : RepositoryLimit.parse(patterns.join('|'));
  if (patterns.length > 0 && repositories === undefined)
    throw new ClairError(
      'config-invalid',
      `api.oidc.grants.${name}.repositories takes patterns such as registry.example/shop/**`,
    );
  return { scope, values: new Set(values), repositories };
}
