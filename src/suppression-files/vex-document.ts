import * as z from 'zod/mini';
import { readBySchema } from '../kit/json/json-document.ts';
import { parseNormalizedPurl } from '../model/parse-normalized-purl.ts';
import type { ProductNames, VexDocument, VexStatement } from '../model/suppression.ts';
import { invalidFile } from './invalid-file.ts';

/** What a document says, as far as it is asked for. */
export interface ParsedVex {
  readonly document: VexDocument;
  readonly statements: readonly VexStatement[];
}

/** Where a document lies, and which vulnerabilities matter; others need not be understood. */
export interface VexReadOptions {
  readonly place: string;
  wants(ids: readonly string[]): boolean;
}

/** RFC 3339, as all formats of VEX have it. */
export const rfc3339Time = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)), 'no time'));

/** A list that may be missing. */
export function nullishListOf<T extends z.ZodMiniType>(
  item: T,
): z.ZodMiniOptional<z.ZodMiniNullable<z.ZodMiniArray<T>>> {
  return z.nullish(z.array(item));
}

/** A document by the schema of its format; throws `config-invalid` with the place of what is otherwise. */
export function parseVexPart<T extends z.ZodMiniType>(
  schema: T,
  value: unknown,
  { place }: VexReadOptions,
): z.output<T> {
  return readBySchema(schema, value, (problem) => invalidFile(place, problem));
}

/** What some texts and hashes name: package URLs, digests, or an image as it is called for a scan. */
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

/** Where an id has to be an IRI, an image that is on disk is called `clair:` and its reference. */
function referenceOf(text: string): string {
  try {
    return text.startsWith('clair:') ? decodeURI(text.slice('clair:'.length)) : text;
  } catch {
    return text; // a percent sign that encodes nothing
  }
}
