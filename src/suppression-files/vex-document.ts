import * as z from 'zod/mini';
import { parseBySchema } from '../kit/json/json-document.ts';
import { parseNormalizedPurl } from '../model/purl.ts';
import type { ProductNames, VexDocument, VexStatement } from '../model/suppression.ts';
import { invalidFile } from './yaml-file.ts';

/** A VEX document with its statements on the wanted vulnerabilities. */
export interface ParsedVex {
  readonly document: VexDocument;
  readonly statements: readonly VexStatement[];
}

/** Options of reading a VEX document: its place for messages, and the wanted vulnerabilities. Readers may skip all others. */
export interface VexReadOptions {
  readonly place: string;
  wants(ids: readonly string[]): boolean;
}

/** Maximum time by which the clock of an author may be ahead. A statement from the future would win over all later ones. */
const aheadMaxMs = 24 * 3_600_000;

/** Schema of an RFC 3339 time, which all VEX formats use. Refuses a time that is more than a day in the future. */
export const rfc3339Time = z.iso
  .datetime({ offset: true, error: 'not a valid time' })
  .check(z.refine((text) => !(Date.parse(text) > Date.now() + aheadMaxMs), 'a time in the future'));

/** Schema of an array that may be absent or null. */
export function nullishListOf<T extends z.ZodMiniType>(
  item: T,
): z.ZodMiniOptional<z.ZodMiniNullable<z.ZodMiniArray<T>>> {
  return z.nullish(z.array(item));
}

/** Validates a part of a document. Throws `config-invalid` with the location of the first problem. */
export function parseVexPart<T extends z.ZodMiniType>(
  schema: T,
  value: unknown,
  { place }: VexReadOptions,
): z.output<T> {
  return parseBySchema(schema, value, ({ fault }) => invalidFile(place, fault));
}

/** Classifies the identifiers of a product as package URLs, digests and references of images. */
export function productNamesOf(
  texts: readonly (string | null | undefined)[],
  sha256?: string | null,
): ProductNames {
  const present = texts.filter((text) => typeof text === 'string');
  return {
    purls: present.flatMap((text) => parseNormalizedPurl(text) ?? []),
    digests: [
      ...present.filter((text) => /^sha(?:256|512):[\da-f]+$/.test(text)),
      ...(sha256 ? [`sha256:${sha256.toLowerCase()}`] : []),
    ],
    references: present.filter((text) => !/^pkg:/i.test(text)).map(referenceOf),
    namespaces: [],
  };
}

/** Returns the reference of an image. For ids that must be IRIs, clair writes a target on disk as `clair:` and its encoded reference. */
function referenceOf(text: string): string {
  try {
    return text.startsWith('clair:') ? decodeURI(text.slice('clair:'.length)) : text;
  } catch {
    return text; // invalid percent-encoding
  }
}
