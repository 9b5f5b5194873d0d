import { limits } from '../../core/limits.ts';
import { bufferView } from '../../kit/bytes/bytes.ts';
import { licenseOf } from '../../model/spdx-license.ts';
import type { LicenseFiles } from '../../plugin/package-lister.ts';

/** The copyright files of Debian packages (Debian Policy, 12.5). */
export const debianCopyright: LicenseFiles = {
  type: 'deb',
  directory: 'usr/share/doc',
  file: 'copyright',
  read: readCopyright,
};

/** Matches the header of a machine-readable file, copyright-format 1.0 and earlier drafts. */
const formatField = /^(?:Format|Format-Specification|X-Format):/im;
/** Maximum length of the header. */
const headBytes = 4096;
const lineFeed = 0x0a;
const licenseField = '\nLicense:';
const commonLicense = '/usr/share/common-licenses/';
const commonLicenseName = /^[A-Za-z]+(?:-\d+(?:\.\d+)*)?/;
/** Longer names are the beginning of a licence text. */
const nameCharactersMax = 80;
/** Maximum bytes read of a line. */
const lineBytesMax = 4 * nameCharactersMax;
/** Licence families by a phrase of their texts, for files that name no licence. */
const families: readonly (readonly [phrase: RegExp, name: string])[] = [
  [/Permission\s+is\s+hereby\s+granted,\s+free\s+of\s+charge,\s+to\s+any\s+person/i, 'MIT-style'],
  [/Redistribution\s+and\s+use\s+in\s+source\s+and\s+binary\s+forms/i, 'BSD-style'],
  [/\bto\s+use,\s+copy,\s+modify,(?:\s+and)?\s+distribute/i, 'HPND-style'],
];

/**
 * Returns the licences of a copyright file: from its fields if it has any, else from the texts it refers to, else from
 * those it quotes.
 */
function readCopyright(content: Uint8Array): readonly string[] {
  const bytes = bufferView(content);
  if (formatField.test(bytes.toString('latin1', 0, headBytes))) {
    const names = namesAfter(bytes, licenseField).flatMap((name) => licenseOf(name) ?? []);
    if (names.length > 0) return [...new Set(names)];
  }
  // A reference to the text of the GPL does not state whether later versions apply, so it is not an SPDX expression.
  const references = namesAfter(bytes, commonLicense, commonLicenseName);
  if (references.length > 0) return references;
  const text = bytes.toString('latin1');
  return families.flatMap(([phrase, name]) => (phrase.test(text) ? [name] : []));
}

/** Returns the names after the occurrences of a text, each on the rest of the line. */
function namesAfter(bytes: Buffer, text: string, pattern?: RegExp): string[] {
  const names = new Set<string>();
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + text.length)) {
    const from = at + text.length;
    const end = bytes.indexOf(lineFeed, from);
    const line = bytes.toString('utf8', from, Math.min(end === -1 ? bytes.length : end, from + lineBytesMax));
    const name = (pattern === undefined ? line : (pattern.exec(line)?.[0] ?? '')).trim();
    if (name !== '' && name.length <= nameCharactersMax) names.add(name);
    if (names.size === limits.licensesPerPackage) break;
  }
  return [...names];
}
