import { sha256Of } from '../kit/sha256.ts';
import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Package } from '../model/package.ts';
import { isExpression, joinWithAnd } from './declared-licenses.ts';

/** The licences of a package as one expression; what has no identifier of SPDX has one of the document. SPDX 2.3, 7.15. */
export function declaredLicense(licenses: readonly string[]): string {
  return joinWithAnd(licenses.map((text) => (isExpression(text) ? text : referenceOf(text))));
}

/** The licences that have an identifier in this document alone, each once. SPDX 2.3, clause 10. */
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

/** Identifiers may hold letters, digits, dots and hyphens; the hash tells texts apart that are equal but for others. */
function referenceOf(text: string): string {
  const name = text.replaceAll(/[^a-zA-Z0-9.-]+/g, '-').slice(0, 60);
  return `LicenseRef-${name}-${sha256Of(text).slice(0, 8)}`;
}
