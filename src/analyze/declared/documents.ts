import { isUtf8 } from 'node:buffer';
import { parse as parseToml } from 'smol-toml';
import * as z from 'zod/mini';
import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { bufferView } from '../../kit/bytes/bytes.ts';
import { parseBySchema, parseJson } from '../../kit/json/json-document.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';
import { parseXml, type XmlElement, XmlStreamError } from '../../kit/xml/xml-stream.ts';
import { parseBlockYaml } from './block-yaml.ts';
import { DeclaredFileError } from './declared-format.ts';

/** Length to which a message cuts the text of a parser, which may quote the file. */
const messageCharactersMax = 200;

/** A table of a document whose values are not checked yet. */
export const tableSchema = z.record(z.string(), z.unknown());
/** A list of a document whose values are not checked yet. */
export const listSchema = z.array(z.unknown());

function refuse(fault: string, cause?: unknown): DeclaredFileError {
  return new DeclaredFileError(fault, { cause });
}

function assertSize(content: Uint8Array, bytesMax: number): void {
  if (content.length > bytesMax) throw refuse(`is longer than ${bytesMax} bytes; it was not read`);
}

/** Decodes a text file: UTF-8, or UTF-16 with a byte order mark, as editors of Windows write it. */
export function decodeText(content: Uint8Array): string {
  assertSize(content, limits.declaredFileBytes);
  const bytes = bufferView(content);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (!isUtf8(bytes)) throw refuse('is not UTF-8');
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

/** Iterates over the lines of a text file without their ends. */
export function* textLines(content: Uint8Array): Generator<string> {
  const text = decodeText(content);
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    const stop = end === -1 ? text.length : end;
    yield text.slice(start, text[stop - 1] === '\r' ? stop - 1 : stop);
    start = stop + 1;
  }
}

/** Reads a JSON document by its schema. */
export function readJson<Schema extends z.ZodMiniType>(
  content: Uint8Array,
  schema: Schema,
): z.output<Schema> {
  assertSize(content, limits.declaredFileBytes);
  return bySchema(parseJson(bufferView(content), refuse), schema);
}

/** Reads a TOML document by its schema. */
export function readToml<Schema extends z.ZodMiniType>(
  content: Uint8Array,
  schema: Schema,
): z.output<Schema> {
  assertSize(content, limits.declaredTomlBytes);
  const text = decodeText(content);
  return bySchema(
    parsed('TOML', () => parseToml(text, { maxDepth: limits.documentDepth, unsafeKeyBehaviour: 'drop' })),
    schema,
  );
}

/** Reads the documents of a YAML file by their schema. */
export function readBlockYaml<Schema extends z.ZodMiniType>(
  content: Uint8Array,
  schema: Schema,
): z.output<Schema>[] {
  return parseBlockYaml(textLines(content)).map((value) => bySchema(value, schema));
}

/** Reads an XML document with this root element. */
export function readXml(content: Uint8Array, root: string): XmlElement {
  assertSize(content, limits.declaredFileBytes);
  try {
    return parseXml(content, root);
  } catch (error) {
    if (error instanceof XmlStreamError) throw refuse(`is not XML: ${error.place}: ${error.message}`, error);
    throw error;
  }
}

/** Runs a parser. It may overflow the stack on a document that is nested too deeply. */
function parsed<T>(format: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw refuse(`is not ${format}: ${toSingleLine(messageOf(error), messageCharactersMax)}`, error);
  }
}

function bySchema<Schema extends z.ZodMiniType>(value: unknown, schema: Schema): z.output<Schema> {
  return parseBySchema(schema, value, ({ fault }) => refuse(fault));
}
