import { type Document, isAlias, isMap, isScalar, LineCounter, type Pair, parseDocument } from 'yaml';
import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { closestMatch } from '../kit/closest-match.ts';

/** A configuration file that has its settings below `clair:`. */
export interface ConfigFile {
  /** The content of `clair:`. */
  readonly content: unknown;
  /** What is wrong beside `clair:`. */
  readonly problems: readonly string[];
  /** The line of a key below `clair:`, if it is written there itself. */
  lineOf(path: readonly string[]): number | undefined;
}

/** Keys that only files of Clair v4 have at the top. */
const v4Keys: ReadonlySet<string> = new Set([
  'http_listen_addr',
  'introspection_addr',
  'indexer',
  'matcher',
  'matchers',
  'updaters',
  'auth',
  'log_level',
  'trace',
  'metrics',
]);

/**
 * Parses a file as Go's parser does: YAML 1.1 with merge keys. `sections` are the keys that belong below `clair:`. Throws
 * `config-invalid` if the file is not YAML, belongs to Clair v4, or has no key `clair`: none of these may pass for defaults.
 */
export function parseConfigFile(name: string, text: string, sections: readonly string[]): ConfigFile {
  const lines = new LineCounter();
  const document = withParserErrors(name, () =>
    parseDocument(text, { version: '1.1', merge: true, prettyErrors: true, lineCounter: lines }),
  );
  const [error] = document.errors;
  if (error !== undefined) {
    if (isTooDeep(error)) throw unreadableYaml(name, error);
    // Below its first line the message shows lines of the file, where secrets may be.
    const [problem = ''] = error.message.split(/:?\n/);
    throw new ClairError('config-invalid', `${name} is no YAML: ${problem}`);
  }
  const root = rootOf(name, document);
  const lineOf = (path: readonly string[]): number | undefined => lineIn(document, path, lines);
  const misplaced = Object.keys(root).filter((key) => key !== 'clair');
  const problems = misplaced.map((key) => `${atLine(lineOf([key]))}${misplacedKeyText(key, sections)}`);
  if (!('clair' in root))
    throw new ClairError('config-invalid', missingClairKeyText(name, misplaced, problems));
  return { content: root['clair'] ?? {}, problems, lineOf: (path) => lineOf(['clair', ...path]) };
}

/** How a problem begins whose line is known. */
export function atLine(line: number | undefined): string {
  return line === undefined ? '' : `line ${line}: `;
}

function rootOf(name: string, document: Document): Readonly<Record<string, unknown>> {
  const root: unknown =
    withParserErrors(name, (): unknown => document.toJS({ maxAliasCount: limits.configAliases })) ?? {};
  if (typeof root === 'object' && !Array.isArray(root)) return root as Readonly<Record<string, unknown>>;
  throw new ClairError('config-invalid', `${name} has to begin with the key clair:`);
}

/** Runs a step of the parser, which throws on too many aliases, an alias without an anchor, and deep nesting. */
function withParserErrors<T>(name: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw unreadableYaml(name, error);
  }
}

function unreadableYaml(name: string, error: unknown): ClairError {
  const problem = isTooDeep(error) ? 'it is nested too deeply' : messageOf(error);
  return new ClairError(
    'config-invalid',
    `${name} cannot be read as YAML: ${problem}. Write the values out instead of using aliases or nested lists`,
    { cause: error },
  );
}

/** The parser calls itself for each level. */
function isTooDeep(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Maximum call stack size exceeded');
}

function misplacedKeyText(key: string, sections: readonly string[]): string {
  if (sections.includes(key)) return `${key} stands beside clair: indent it below the key clair`;
  const meant = closestMatch(key, ['clair', ...sections]);
  if (meant === undefined) return `there is no key ${key} at the top level`;
  return meant === 'clair'
    ? `there is no key ${key} at the top level: did you mean clair?`
    : `there is no key ${key} at the top level: did you mean clair.${meant}?`;
}

function missingClairKeyText(
  name: string,
  misplaced: readonly string[],
  problems: readonly string[],
): string {
  const ofV4 = misplaced.filter((key) => v4Keys.has(key));
  if (ofV4.length > 0)
    return (
      `${name} is a configuration file of Clair v4 (${ofV4.join(', ')}), which this server does not read. ` +
      'It reads files of Clair v2 and v3, with all settings below clair: see docs/migration.md'
    );
  const details = problems.length === 0 ? '' : `:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
  return `${name} has no key clair, below which all settings stand; write "clair: {}" to use the defaults${details}`;
}

function lineIn(document: Document, path: readonly string[], lines: LineCounter): number | undefined {
  let node: unknown = document.contents;
  let line: number | undefined;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isMap(node)) return undefined;
    const pair = node.items.find(({ key }: Pair) => isScalar(key) && String(key.value) === part);
    if (!isScalar(pair?.key) || pair.key.range == null) return undefined;
    ({ line } = lines.linePos(pair.key.range[0]));
    node = pair.value;
  }
  return line;
}
