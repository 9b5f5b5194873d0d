import { isLicenseId, spdxExpression } from '../model/spdx-license.ts';

/** Licences in the forms that CycloneDX has for them: a list of identifiers and names, or one expression. */
export type LicenseChoice =
  | { readonly license: { readonly id: string } | { readonly name: string } }
  | { readonly expression: string };

/** Licences as CycloneDX has them. One expression stands for all of them where each has one and some are more than an identifier. */
export function licenseChoices(licenses: readonly string[]): LicenseChoice[] {
  if (licenses.some(isCompound) && licenses.every(isExpression))
    return [{ expression: joinWithAnd(licenses) }];
  return licenses.map((text) => ({ license: isLicenseId(text) ? { id: text } : { name: text } }));
}

/** The expression that all of these apply, none of them lost. */
export function joinWithAnd(expressions: readonly string[]): string {
  const [first = '', ...others] = expressions;
  return others.length === 0
    ? first
    : expressions.map((each) => (/ (?:OR|AND) /.test(each) ? `(${each})` : each)).join(' AND ');
}

/** Whether a licence is a valid SPDX expression as it stands. */
export function isExpression(text: string): boolean {
  return spdxExpression(text) === text;
}

function isCompound(text: string): boolean {
  return isExpression(text) && !isLicenseId(text);
}
