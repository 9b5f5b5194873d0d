import { bufferView } from '../../kit/bytes/buffer-view.ts';
import { limits } from '../../kit/limits.ts';
import { licenseOf } from '../../model/spdx-license.ts';
import type { LicenseFiles } from '../../plugin/package-lister.ts';

/** The copyright files of Debian packages. Debian Policy, 12.5. */
export const debianCopyright: LicenseFiles = {
  type: 'deb',
  directory: 'usr/share/doc',
  file: 'copyright',
  read: readCopyright,
};

/** The header of a machine-readable file, copyright-format 1.0 and the drafts before it. */
const formatField = /^(?:Format|Format-Specification|X-Format):/im;
/** Where the header of a file ends at the latest. */
const headBytes = 4096;
const licenseField = '\nLicense:';
const commonLicense = '/usr/share/common-licenses/';
const commonLicenseName = /^[A-Za-z]+(?:-\d+(?:\.\d+)*)?/;
/** Longer ones are the beginning of a licence text. */
const nameCharactersMax = 80;
/** More of a line is not read. */
const lineBytesMax = 4 * nameCharactersMax;
/** Families of licences, by a phrase of their texts, for files that name none. */
const families: readonly (readonly [phrase: RegExp, name: string])[] = [
  [/Permission\s+is\s+hereby\s+granted,\s+free\s+of\s+charge,\s+to\s+any\s+person/i, 'MIT-style'],
  [/Redistribution\s+and\s+use\s+in\s+source\s+and\s+binary\s+forms/i, 'BSD-style'],
  [/\bto\s+use,\s+copy,\s+modify,(?:\s+and)?\s+distribute/i, 'HPND-style'],
];

/** The licences that a copyright file states: its fields where it has any, else the texts it refers to, else those it quotes. */
function readCopyright(content: Uint8Array): readonly string[] {
  const bytes = bufferView(content);
  const fields = formatField.test(bytes.toString('latin1', 0, headBytes)) ? linesAfter(bytes, licenseField) : [];
  if (fields.length > 0) return fields;
  const references = linesAfter(bytes, commonLicense, commonLicenseName);
  if (references.length > 0) return references;
  const text = bytes.toString('latin1');
  return families.flatMap(([phrase, name]) => (phrase.test(text) ? [name] : []));
}

/** The licences named behind each occurrence of a text, up to the end of the line. */
function linesAfter(bytes: Buffer, text: string, pattern = /.*/): string[] {
  const names = new Set<string>();
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + text.length)) {
    const from = at + text.length;
    const [line = ''] = bytes.toString('utf8', from, from + lineBytesMax).split('\n', 1);
    const name = pattern.exec(line)?.[0].trim() ?? '';
    if (name.length <= nameCharactersMax) names.add(name);
    if (names.size === limits.licensesPerPackage) break;
  }
  return [...new Set([...names].flatMap((name) => licenseOf(name) ?? []))];
}
