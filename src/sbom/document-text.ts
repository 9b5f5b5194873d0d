import { isUtf8 } from 'node:buffer';
import type * as z from 'zod/mini';
import { ClairError, messageOf } from '../kit/errors.ts';
import { isDeeper } from '../kit/json-depth.ts';
import { limits } from '../kit/limits.ts';

const utf16 = /^(?:\xff\xfe|\xfe\xff)/;
const byteOrderMark = /^\xef\xbb\xbf/;

/** What formats that are not read begin like, what they are, and what makes them something that is. */
const foreignForms: readonly (readonly [start: RegExp, name: string, remedy: string])[] = [
  [
    /<[^>]*cyclonedx\.org\/schema\/bom/i,
    'CycloneDX as XML',
    'convert it with: cyclonedx convert --input-file F --output-file F.json --output-format json',
  ],
  [/<[^>]*spdx\.org\/rdf/i, 'SPDX as RDF', 'convert it with: pyspdxtools -i F -o F.spdx.json'],
  [/^\s*SPDXVersion\s*:/m, 'SPDX as tags and values', 'convert it with: pyspdxtools -i F -o F.spdx.json'],
  [/^(?:SPDXID|spdxVersion)\s*:/m, 'SPDX as YAML', 'convert it with: pyspdxtools -i F -o F.spdx.json'],
];

/** Whether a file that begins so is an inventory, readable or not, rather than an image: archives have NUL in their first header. */
export function looksLikeSbom(start: Uint8Array): boolean {
  const text = latin1(start);
  if (utf16.test(text)) return true;
  return !text.includes('\0') && (isObject(text) || foreignFormOf(text) !== undefined);
}

/** The JSON of an inventory. Throws `target-…` errors that say what it is instead. */
export function jsonOf(bytes: Buffer, name: string): unknown {
  const start = latin1(bytes.subarray(0, 4096));
  if (utf16.test(start))
    throw unsupported(`${name} is UTF-16; JSON is UTF-8: convert it with iconv -t UTF-8`);
  const form = foreignFormOf(start);
  if (form !== undefined && !isObject(start))
    throw unsupported(`${name} is ${form.name}, which is not read; ${form.remedy}`);
  if (!isUtf8(bytes)) throw corrupt(`${name} is no SBOM: it is not UTF-8`);
  // Of megabytes of brackets the parser would make hundreds.
  if (isDeeper(bytes, limits.documentDepth)) throw corrupt(`${name} is malformed: it is nested without end`);
  try {
    return JSON.parse(bytes.toString('utf8').replace(/^\ufeff/, '')) as unknown;
  } catch (error) {
    // The words of the parser have a piece of the document in them.
    const words = messageOf(error).replace(/\p{Cc}+/gu, ' ');
    throw corrupt(`${name} is no SBOM: it is not JSON: ${words}`, error);
  }
}

/** JSON inside of a document, undefined where it is none. */
export function innerJson(text: string): unknown {
  if (isDeeper(Buffer.from(text), limits.documentDepth)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** An error about a document that is something else. */
export function unsupported(message: string): ClairError {
  return new ClairError('target-unsupported', message);
}

/** An error about a document that is damaged. */
export function corrupt(message: string, cause?: unknown): ClairError {
  return new ClairError('target-corrupt', message, { cause });
}

/** The error about a document that lists more than anybody could have installed. */
export function tooMany(name: string): ClairError {
  return new ClairError('limit-exceeded', `${name} has more than ${limits.sbomComponents} components`, {
    limit: 'sbomComponents',
  });
}

/** Where a document is not what its format asks for, and why. */
export function placeOf({ issues: [issue] }: z.core.$ZodError): string {
  const at = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  return `${at}: ${issue?.message ?? 'unknown'}`;
}

function foreignFormOf(start: string): { readonly name: string; readonly remedy: string } | undefined {
  const form = foreignForms.find(([pattern]) => pattern.test(start));
  return form && { name: form[1], remedy: form[2] };
}

function isObject(text: string): boolean {
  return /^\s*\{/.test(text.replace(byteOrderMark, ''));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
