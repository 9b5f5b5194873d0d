import { sha256Of } from '../kit/sha256.ts';
import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Package } from '../model/package.ts';
import { isExpression, joinWithAnd } from './declared-licenses.ts';

/** Returns the licences of a package as one expression (SPDX 2.3, 7.15). A text that is not SPDX gets an identifier of the document. */
export function declaredLicense(licenses: readonly string[]): string {
  return joinWithAnd(licenses.map((text) => (isExpression(text) ? text : referenceOf(text))));
}

/** Returns the licences with an identifier of the document, without duplicates (SPDX 2.3, clause 10); undefined without any. */
export function namedLicenses(packages: readonly Package[]): object[] | undefined {
  const names = new Set(
    packages.flatMap(({ licenses = [] }) => licenses.filter((text) => !isExpression(text))),
  );
  if (names.size === 0) return undefined;
  return [...names].map((text) => ({
    licenseId: referenceOf(text),
    name: escapeForTerminal(text),
    extractedText: `The package declares: ${escapeForTerminal(text)}`,
  }));
}

/** Returns an identifier of letters, digits, dots and hyphens. The hash distinguishes texts that differ only in other characters. */
function referenceOf(text: string): string {
  const name = text.replaceAll(/[^a-zA-Z0-9.-]+/g, '-').slice(0, 60);
  return `LicenseRef-${name}-${sha256Of(text).slice(0, 8)}`;
}

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
