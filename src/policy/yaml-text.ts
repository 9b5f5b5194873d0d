import { LineCounter, parseDocument } from 'yaml';
import { messageOf } from '../kit/errors.ts';
import { limits } from '../kit/limits.ts';
import { invalid } from './invalid.ts';

/** What a YAML file says, and where. */
export interface YamlText {
  readonly name: string;
  readonly value: unknown;
  /** Name and line of what is at a path, or of what is nearest above it. */
  place(path: readonly PropertyKey[]): string;
}

/** Reads YAML 1.2. Who is not strict takes a key that stands twice, as parsers in Go did. */
export function readYaml(name: string, text: string, { isStrict }: { readonly isStrict: boolean }): YamlText {
  if (Buffer.byteLength(text) > limits.ignoreFileBytes)
    throw invalid(name, `is longer than ${limits.ignoreFileBytes} bytes`);
  const lineCounter = new LineCounter();
  const document = parsed(name, () =>
    parseDocument(text, { lineCounter, uniqueKeys: isStrict, prettyErrors: false, logLevel: 'error' }),
  );
  const lineAt = (offset: number): number => lineCounter.linePos(offset).line;
  const [error] = document.errors;
  if (error !== undefined) throw invalid(`${name}:${lineAt(error.pos[0])}`, `is no YAML: ${error.message}`);
  return {
    name,
    value: readValue(name, () => document.toJS({ maxAliasCount: limits.ignoreAliases })),
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
function parsed<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError) throw invalid(name, 'cannot be used: it is nested without end');
    throw error;
  }
}

/** Aliases of aliases stand for more than any memory holds: the parser stops counting them at a limit. */
function readValue(name: string, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    throw invalid(name, `cannot be read: ${messageOf(error)}`);
  }
}
