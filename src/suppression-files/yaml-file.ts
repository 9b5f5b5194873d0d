import { LineCounter, parseDocument } from 'yaml';
import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';

/** A parsed YAML file that knows the line of each value. */
export interface YamlFile {
  readonly name: string;
  readonly value: unknown;
  /** Returns name and line, `rules.yaml:3`, of the value at a path, or of its nearest existing ancestor. */
  place(path: readonly PropertyKey[]): string;
}

/** Reads YAML 1.2. If not strict, accepts duplicate keys, as older Go parsers do. Throws `config-invalid` with the line. */
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
    throw invalidFile(`${name}:${lineAt(error.pos[0])}`, `is not valid YAML: ${error.message}`);
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

/** Reports a stack overflow of the recursive parser as `config-invalid`: a thousand dashes in a row are a thousand nested lists. */
function parseWithinDepth<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError) throw invalidFile(name, 'cannot be used: it is nested too deeply');
    throw error;
  }
}

/** Expands aliases up to `limits.ignoreAliases`, since nested aliases can expand to more than any memory holds. */
function resolveAliases(name: string, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    throw invalidFile(name, `cannot be read: ${messageOf(error)}`);
  }
}

/** Returns a `config-invalid` error: the place, such as `rules.yaml:3`, and the problem, such as `has no reason`. */
export function invalidFile(place: string, problem: string): ClairError {
  return new ClairError('config-invalid', `${place} ${problem}`);
}
