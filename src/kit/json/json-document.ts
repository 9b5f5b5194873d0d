import * as z from 'zod/mini';
import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { quoteUntrusted, toSingleLine } from '../untrusted-text.ts';
import { jsonTextOf } from './json-splitter.ts';

/** Creates an error from the problem of a document, such as `is not JSON: …` or `is malformed at layers.0: …`. */
export type DocumentErrorFactory = (fault: string, cause?: unknown) => Error;

/** Length to which a message cuts text of the document. */
const messageCharactersMax = 200;

/**
 * Parses a JSON document from outside, with or without a byte order mark. Throws the error of `refuse`. The nesting depth is checked from
 * `depthFromBytes` on.
 */
export function parseJson(bytes: Buffer, refuse: DocumentErrorFactory, depthFromBytes = 0): unknown {
  // The parser needs hundreds of megabytes for megabytes of brackets.
  if (bytes.length >= depthFromBytes && isDeeper(bytes, limits.documentDepth))
    throw refuse(`exceeds the nesting limit of ${limits.documentDepth}`);
  const text = jsonTextOf(bytes);
  if (text === undefined) throw refuse('is not UTF-8');
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The parser's message contains a part of the document.
    throw refuse(`is not JSON: ${toSingleLine(messageOf(error), messageCharactersMax)}`, error);
  }
}

/** The first difference of a value from its schema. */
export interface SchemaMismatch {
  /** Names in the value, joined by dots: `layers.0.digest`. Empty for the value itself. */
  readonly path: string;
  readonly message: string;
  /** Both, for messages: `is malformed at layers.0.digest: not the expected string`. */
  readonly fault: string;
}

/** Parses a value by its schema. Throws the error of `refuse` for a value that differs. */
export function parseBySchema<T extends z.ZodMiniType>(
  schema: T,
  value: unknown,
  refuse: (mismatch: SchemaMismatch) => Error,
): z.output<T> {
  const result = boundedParse(schema, value);
  if (result?.success === true) return result.data;
  const [issue] = result?.error.issues ?? [];
  const path = toSingleLine(issue?.path.map(String).join('.') ?? '', messageCharactersMax);
  const message = issue === undefined ? 'it has too many errors to list' : issueMessage(issue);
  throw refuse({ path, message, fault: `is malformed${path === '' ? '' : ` at ${path}`}: ${message}` });
}

/** The message of the schema. Without one, the expected type or values. */
function issueMessage(issue: z.core.$ZodIssue): string {
  if (issue.message !== 'Invalid input') return issue.message;
  if (issue.code === 'invalid_type') return `not the expected ${issue.expected}`;
  if (issue.code === 'invalid_value') return `not one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'unrecognized_keys') return `unknown field ${quoteUntrusted(issue.keys[0] ?? '')}`;
  return 'not as expected';
}

const [quote, backslash] = [0x22, 0x5c];

/** Change of the nesting depth by a byte outside strings; `quoteMark` for the beginning of a string. */
const depthChanges = new Int8Array(256);
const quoteMark = 2;
for (const bracket of '[{') depthChanges[bracket.charCodeAt(0)] = 1;
for (const bracket of ']}') depthChanges[bracket.charCodeAt(0)] = -1;
depthChanges[quote] = quoteMark;

/** Returns whether JSON text exceeds a nesting depth. */
function isDeeper(bytes: Uint8Array, depthMax: number): boolean {
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const change = depthChanges[bytes[i] ?? 0] ?? 0;
    if (change === 0) continue;
    if (change === quoteMark) i = endOfString(bytes, i + 1);
    else depth += change;
    if (depth > depthMax) return true;
  }
  return false;
}

/** Returns the position of the quote that ends a string, or the end of the text. */
function endOfString(bytes: Uint8Array, from: number): number {
  let i = from;
  for (let byte = bytes[i]; byte !== quote && i < bytes.length; byte = bytes[++i]) {
    if (byte === backslash) i++;
  }
  return i;
}

/** Parses a value by its schema. Undefined if zod overflows the stack, onto which it spreads the errors. */
export function boundedParse<T extends z.ZodMiniType>(
  schema: T,
  value: unknown,
): ReturnType<typeof z.safeParse<T>> | undefined {
  try {
    return z.safeParse(schema, value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
