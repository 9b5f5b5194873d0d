/** A supplier in its parts: `Debian GCC Maintainers <debian-gcc@lists.debian.org>`. */
export interface SupplierParts {
  readonly name: string;
  readonly email?: string;
}

/** A supplier taken apart; what has no such form is a name. */
export function supplierParts(supplier: string): SupplierParts {
  const [, name, email] = /^([^<>]*\S) <([^\s<>@]+@[^\s<>@]+)>$/.exec(supplier) ?? [];
  return name === undefined || email === undefined ? { name: supplier } : { name, email };
}
