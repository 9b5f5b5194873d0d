/**
 * Extra conditions an installed package must meet for an affected row to apply. An absent condition requires nothing, except `module` and
 * `flavour`: a row without them applies to ordinary builds only. `arch`, `module` and `flavour` apply to rpm packages only. `products` are
 * Red Hat's.
 */
export interface Conditions {
  /** Architectures of an rpm, as the package database writes them: `x86_64`. `src` if it names a source package. */
  readonly arch?: readonly string[];
  /** Module stream of an rpm, `nodejs:18`. `*` if the source only states that it is a module build. */
  readonly module?: string;
  /** Builds that are only compared with builds of their kind. */
  readonly flavour?: Flavour;
  /** CPE 2.2 URIs of the product streams that ship the package. The image must use one of them. */
  readonly products?: readonly string[];
}

/** Kinds of rpm builds with fixes of their own: Oracle's ksplice and FIPS builds. */
export type Flavour = 'ksplice' | 'fips';
