/**
 * What a row of an advisory needs of an installed package beyond its name and version. An absent condition asks for nothing,
 * but for `module` and `flavour`: a row without them speaks of ordinary builds only. Only rpm packages are asked for `arch`,
 * `module` and `flavour`: a row about a package of another type speaks of all that have its name and a version in its range.
 * `products` are Red Hat's.
 */
export interface Conditions {
  /** Architectures of an rpm the row speaks of, in the words of the package database: `x86_64`; `src` where it names a source package. */
  readonly arch?: readonly string[];
  /** Module stream of an rpm, `nodejs:18`; `*` where the source only tells that it is a module build. */
  readonly module?: string;
  /** Builds that are only compared with builds of their kind. */
  readonly flavour?: Flavour;
  /** CPE 2.2 URIs of the product streams that ship the package; the image must use one of them. */
  readonly products?: readonly string[];
}

/** Kinds of rpm builds with fixes of their own: Oracle's ksplice and FIPS builds. */
export type Flavour = 'ksplice' | 'fips';
