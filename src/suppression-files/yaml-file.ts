import { LineCounter, parseDocument } from 'yaml';
import { messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { invalidFile } from './invalid-file.ts';

/** What a YAML file says, and where. */
export interface YamlFile {
  readonly name: string;
  readonly value: unknown;
  /** Name and line of what is at a path, or of what is nearest above it. */
  place(path: readonly PropertyKey[]): string;
}

/** Reads YAML 1.2. Who is not strict takes a key that stands twice, as parsers in Go did. */
export function readYaml(name: string, text: string, { isStrict }: { readonly isStrict: boolean }): YamlFile {
  if (Buffer.byteLength(text) > limits.ignoreFileBytes)
    throw invalidFile(name, `is longer than ${limits.ignoreFileBytes} bytes`);
  const lineCounter = new LineCounter();
  const document = parseWithinDepth(name, () =>
    parseDocument(text, { lineCounter, uniqueKeys: isStrict, prettyErrors: false, logLevel: 'error' }),
  );
  const lineAt = (offset: number): number => lineCounter.linePos(offset).line;
  const [error] = document.errors;
  if (error !== undefined)
    throw invalidFile(`${name}:${lineAt(error.pos[0])}`, `is no YAML: ${error.message}`);
  return {
    name,
    value: resolveAliases(name, () => document.toJS({ maxAliasCount: limits.ignoreAliases })),
    place: (path) => {
      for (let length = path.length; length >= 0; length--) {
        const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
        const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
        if (Array.isArray(range)) return `${name}:${lineAt(Number(range[0]))}`;
      }
      return name;
    },
  };
}

/** The parser calls itself for each level: of a thousand dashes in a row it would make as many lists in each other. */
function parseWithinDepth<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError) throw invalidFile(name, 'cannot be used: it is nested without end');
    throw error;
  }
}

/** Aliases of aliases stand for more than any memory holds: the parser stops counting them at a limit. */
function resolveAliases(name: string, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    throw invalidFile(name, `cannot be read: ${messageOf(error)}`);
  }
}
