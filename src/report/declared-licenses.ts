import { isLicenseId, spdxExpression } from '../model/spdx-license.ts';

/** A licence of CycloneDX: an SPDX identifier, a name or an expression. */
export type LicenseChoice =
  | { readonly license: { readonly id: string } | { readonly name: string } }
  | { readonly expression: string };

/**
 * Returns licences as CycloneDX `licenses`. Joins them into one expression if all are SPDX expressions and at least one is compound;
 * CycloneDX permits only one expression.
 */
export function licenseChoices(licenses: readonly string[]): LicenseChoice[] {
  if (licenses.some(isCompound) && licenses.every(isExpression))
    return [{ expression: joinWithAnd(licenses) }];
  return licenses.map((text) => ({ license: isLicenseId(text) ? { id: text } : { name: text } }));
}

/** Joins SPDX expressions with AND. Compound ones get parentheses. */
export function joinWithAnd(expressions: readonly string[]): string {
  const [first = '', ...others] = expressions;
  return others.length === 0
    ? first
    : expressions.map((each) => (/ (?:OR|AND) /.test(each) ? `(${each})` : each)).join(' AND ');
}

/** Returns whether a licence is a valid SPDX expression without changes. */
export function isExpression(text: string): boolean {
  return spdxExpression(text) === text;
}

function isCompound(text: string): boolean {
  return isExpression(text) && !isLicenseId(text);
}
