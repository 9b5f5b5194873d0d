/** Name and address of a supplier such as `Debian GCC Maintainers <debian-gcc@lists.debian.org>`. */
export interface SupplierParts {
  readonly name: string;
  readonly email?: string;
}

/** Splits a supplier into name and address. A text of another form is a name. */
export function supplierParts(supplier: string): SupplierParts {
  const [, name, email] = /^([^<>]*\S) <([^\s<>@]+@[^\s<>@]+)>$/.exec(supplier) ?? [];
  return name === undefined || email === undefined ? { name: supplier } : { name, email };
}
