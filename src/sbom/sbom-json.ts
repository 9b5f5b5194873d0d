import type * as z from 'zod/mini';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { boundedParse } from '../kit/bounded-parse.ts';
import { bufferView } from '../kit/bytes/buffer-view.ts';
import { type DocumentErrorFactory, parseJson, readBySchema } from '../kit/json/json-document.ts';

/** What formats that are not read begin like, what they are, and what makes them something that is. */
const unsupportedEncodings: readonly (readonly [start: RegExp, name: string, remedy: string])[] = [
  [
    /<[^<>]*cyclonedx\.org\/schema\/bom/i,
    'CycloneDX as XML',
    'convert it with: cyclonedx convert --input-file F --output-file F.json --output-format json',
  ],
  [/<[^<>]*spdx\.org\/rdf/i, 'SPDX as RDF', 'convert it with: pyspdxtools -i F -o F.spdx.json'],
  [
    /^[^\S\r\n\u2028\u2029]*SPDXVersion\s*:/m,
    'SPDX as tags and values',
    'convert it with: pyspdxtools -i F -o F.spdx.json',
  ],
  [/^(?:SPDXID|spdxVersion)\s*:/m, 'SPDX as YAML', 'convert it with: pyspdxtools -i F -o F.spdx.json'],
];

/** Whether a file that begins so is an inventory, readable or not, rather than an image: archives have NUL in their first header. */
export function looksLikeSbom(start: Uint8Array): boolean {
  if (isUtf16(start)) return true;
  const text = textOf(start);
  return !text.includes('\0') && (isObject(text) || unsupportedEncodingOf(text) !== undefined);
}

/** The JSON of an inventory. Throws `target-…` errors that say what it is instead. */
export function parseSbomJson(bytes: Buffer, name: string): unknown {
  if (isUtf16(bytes))
    throw unsupportedSbom(`${name} is UTF-16; JSON is UTF-8: convert it with iconv -t UTF-8`);
  const start = textOf(bytes.subarray(0, 4096));
  const encoding = unsupportedEncodingOf(start);
  if (encoding !== undefined && !isObject(start))
    throw unsupportedSbom(`${name} is ${encoding.name}, which is not read; ${encoding.remedy}`);
  const refuse: DocumentErrorFactory = (fault, cause) =>
    corruptSbom(`${name} is no SBOM: it ${fault}`, cause);
  return parseJson(bytes, refuse);
}

/** A document by the schema of its format. Throws `target-corrupt` with the place of what is otherwise. */
export function parseSbomDocument<T extends z.ZodMiniType>(
  schema: T,
  json: unknown,
  name: string,
): z.output<T> {
  return readBySchema(schema, json, (fault) => corruptSbom(`${name} ${fault}`));
}

/** A part of a document by its schema; undefined where it is malformed. */
export function parsePart<T extends z.ZodMiniType>(schema: T, json: unknown): z.output<T> | undefined {
  return boundedParse(schema, json)?.data;
}

/** JSON inside of a document, undefined where it is none. */
export function parseEmbeddedJson(text: string): unknown {
  try {
    return parseJson(Buffer.from(text), corruptSbom);
  } catch {
    return undefined;
  }
}

/** An error about a document that is something else. */
export function unsupportedSbom(message: string): ClairError {
  return new ClairError('target-unsupported', message);
}

/** An error about a document that is damaged. */
export function corruptSbom(message: string, cause?: unknown): ClairError {
  return new ClairError('target-corrupt', message, { cause });
}

const listedNouns = { sbomComponents: 'components', imagePackages: 'packages' } as const;

/** The error about a document that lists more than anybody could have installed. */
export function tooManyListed(name: string, limit: keyof typeof listedNouns): ClairError {
  const message = `${name} has more than ${limits[limit]} ${listedNouns[limit]}`;
  return new ClairError('limit-exceeded', message, { limit });
}

function unsupportedEncodingOf(
  start: string,
): { readonly name: string; readonly remedy: string } | undefined {
  const encoding = unsupportedEncodings.find(([pattern]) => pattern.test(start));
  return encoding && { name: encoding[1], remedy: encoding[2] };
}

/** A byte order mark is a blank to patterns. */
function isObject(text: string): boolean {
  return /^\s*\{/.test(text);
}

function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

function textOf(bytes: Uint8Array): string {
  return bufferView(bytes).toString();
}
