import type * as z from 'zod/mini';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { bufferView } from '../kit/bytes/bytes.ts';
import {
  boundedParse,
  type DocumentErrorFactory,
  parseBySchema,
  parseJson,
} from '../kit/json/json-document.ts';

/** Unsupported encodings: how each begins, its name, and how to convert it. */
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

/**
 * Returns whether a file with this start is an SBOM, supported or not, rather than an image. Archives have NUL bytes in
 * their first header.
 */
export function looksLikeSbom(start: Uint8Array): boolean {
  if (isUtf16(start)) return true;
  const text = textOf(start);
  return !text.includes('\0') && (isObject(text) || unsupportedEncodingOf(text) !== undefined);
}

/** Parses the JSON of an SBOM. Throws `target-…` errors that name the encoding if it is not JSON. */
export function parseSbomJson(bytes: Buffer, name: string): unknown {
  if (isUtf16(bytes))
    throw unsupportedSbom(`${name} is UTF-16, and JSON must be UTF-8; convert it with: iconv -t UTF-8`);
  const start = textOf(bytes.subarray(0, 4096));
  const encoding = unsupportedEncodingOf(start);
  if (encoding !== undefined && !isObject(start))
    throw unsupportedSbom(`${name} is ${encoding.name}, which is not supported; ${encoding.remedy}`);
  const refuse: DocumentErrorFactory = (fault, cause) =>
    corruptSbom(`${name} is not an SBOM: it ${fault}`, cause);
  return parseJson(bytes, refuse);
}

/** Parses a document with the schema of its format. Throws `target-corrupt` with the place of the first mismatch. */
export function parseSbomDocument<T extends z.ZodMiniType>(
  schema: T,
  json: unknown,
  name: string,
): z.output<T> {
  return parseBySchema(schema, json, ({ fault }) => corruptSbom(`${name} ${fault}`));
}

/** Parses a part of a document with its schema. Returns undefined if it is malformed. */
export function parsePart<T extends z.ZodMiniType>(schema: T, json: unknown): z.output<T> | undefined {
  return boundedParse(schema, json)?.data;
}

/** Parses JSON embedded in a document. Returns undefined if it is invalid. */
export function parseEmbeddedJson(text: string): unknown {
  try {
    return parseJson(Buffer.from(text), corruptSbom);
  } catch {
    return undefined;
  }
}

/** Returns the error for a document of another kind. */
export function unsupportedSbom(message: string): ClairError {
  return new ClairError('target-unsupported', message);
}

/** Returns the error for a damaged document. */
export function corruptSbom(message: string, cause?: unknown): ClairError {
  return new ClairError('target-corrupt', message, { cause });
}

const listedNouns = { sbomComponents: 'components', imagePackages: 'packages' } as const;

/** Returns the error for a document that exceeds a limit of listed items. */
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

/** Returns whether text is a JSON object. `\s` matches a byte order mark, too. */
function isObject(text: string): boolean {
  return /^\s*\{/.test(text);
}

function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

function textOf(bytes: Uint8Array): string {
  return bufferView(bytes).toString();
}
