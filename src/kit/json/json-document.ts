import { isUtf8 } from 'node:buffer';
import type * as z from 'zod/mini';
import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { boundedParse } from '../bounded-parse.ts';
import { toSingleLine } from '../one-line.ts';
import { quoteUntrusted } from '../quoted.ts';

/** Makes an error of what is wrong with a document, which is said as `is not JSON: …` or `is malformed at layers.0: …`. */
export type DocumentErrorFactory = (fault: string, cause?: unknown) => Error;

/** Of the words of a document so many characters are told. */
const messageCharactersMax = 200;

/**
 * The JSON of a document from outside, with or without a byte order mark. Throws what `refuse` makes. How deep it is nested is
 * looked at from this size on.
 */
export function parseJson(bytes: Buffer, refuse: DocumentErrorFactory, depthFromBytes = 0): unknown {
  // Of megabytes of brackets the parser would make hundreds.
  if (bytes.length >= depthFromBytes && isDeeper(bytes, limits.documentDepth))
    throw refuse('is nested without end');
  // RFC 8259 §8.1. Replaced bytes could turn one name into another.
  if (!isUtf8(bytes)) throw refuse('is not UTF-8');
  try {
    return JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    // The words of the parser have a piece of the document in them.
    throw refuse(`is not JSON: ${toSingleLine(messageOf(error), messageCharactersMax)}`, error);
  }
}

/** The JSON of a document as its schema reads it. Throws what `refuse` makes of the first place where it differs. */
export function readBySchema<T extends z.ZodMiniType>(
  schema: T,
  json: unknown,
  refuse: DocumentErrorFactory,
): z.output<T> {
  const result = boundedParse(schema, json);
  if (result === undefined) throw refuse('is malformed: it has too many errors to list');
  if (result.success) return result.data;
  throw refuse(`is malformed${describeFirstIssue(result.error)}`);
}

/** Where a value first differs from its schema, and how: ` at layers.0.digest: not the expected string`. */
function describeFirstIssue({ issues: [issue] }: z.core.$ZodError): string {
  if (issue === undefined) return '';
  const path = toSingleLine(issue.path.map(String).join('.'), messageCharactersMax);
  return `${path === '' ? '' : ` at ${path}`}: ${issueMessage(issue)}`;
}

/** The message of the schema, or what was expected where it has none of its own. */
function issueMessage(issue: z.core.$ZodIssue): string {
  if (issue.message !== 'Invalid input') return issue.message;
  if (issue.code === 'invalid_type') return `not the expected ${issue.expected}`;
  if (issue.code === 'invalid_value') return `none of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'unrecognized_keys') return `nothing is called ${quoteUntrusted(issue.keys[0] ?? '')}`;
  return 'not as expected';
}

const quote = 0x22;
const backslash = 0x5c;

/** Whether arrays and objects of a JSON text lie deeper in each other than a limit allows. Brackets and braces are told apart by 0x20 alone. */
function isDeeper(bytes: Uint8Array, depthMax: number): boolean {
  let depth = 0;
  let isInText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === quote) isInText = !isInText;
    else if (isInText) i += byte === backslash ? 1 : 0;
    else if ((byte | 0x20) === 0x7b && ++depth > depthMax) return true;
    else if ((byte | 0x20) === 0x7d) depth--;
  }
  return false;
}
