import { type Document, isAlias, isMap, isScalar, LineCounter, type Pair, parseDocument } from 'yaml';
import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { closestMatch } from '../kit/closest-match.ts';
import { fromClair4, isClair4File } from './clair4-config.ts';

/** A parsed configuration file. */
export interface ConfigFile {
  /** The content of `clair:`. */
  readonly content: unknown;
  /** Problems of the keys beside `clair:`. */
  readonly problems: readonly string[];
  /** Keys of Clair v4 without effect, each with the reason. */
  readonly notes: readonly string[];
  /** Whether it is a file of Clair v4. */
  readonly isClair4: boolean;
  /** Returns the 1-based line of a key below `clair:`; undefined if a merge key provides it. */
  lineOf(path: readonly string[]): number | undefined;
}

/**
 * Parses a file as Go's parser does: YAML 1.1 with merge keys. `sections` are the keys that belong below `clair:`, and `sources` the known
 * advisory sources; undefined if there may be others. A file of Clair v4 gets the form of this server. Throws `config-invalid` if the file
 * is not YAML, or has no key `clair` and is not one of Clair v4: neither may result in defaults.
 */
export function parseConfigFile(
  name: string,
  text: string,
  {
    sections,
    sources,
  }: { readonly sections: readonly string[]; readonly sources: readonly string[] | undefined },
): ConfigFile {
  const lines = new LineCounter();
  const document = withParserErrors(name, () =>
    parseDocument(text, { version: '1.1', merge: true, prettyErrors: true, lineCounter: lines }),
  );
  const [error] = document.errors;
  if (error !== undefined) {
    if (isTooDeep(error)) throw unreadableYaml(name, error);
    // The lines after the first quote the file, which may contain secrets.
    const [problem = ''] = error.message.split(/:?\n/);
    throw new ClairError('config-invalid', `${name} is not valid YAML: ${problem}`);
  }
  const root = rootOf(name, document);
  if (isClair4File(root)) return { ...fromClair4(root, sources), isClair4: true, lineOf: () => undefined };
  const lineOf = (path: readonly string[]): number | undefined => lineIn(document, path, lines);
  const misplaced = Object.keys(root).filter((key) => key !== 'clair');
  const problems = misplaced.map((key) => `${atLine(lineOf([key]))}${misplacedKeyText(key, sections)}`);
  if (!('clair' in root)) throw new ClairError('config-invalid', missingClairKeyText(name, problems));
  return {
    content: root['clair'] ?? {},
    problems,
    notes: [],
    isClair4: false,
    lineOf: (path) => lineOf(['clair', ...path]),
  };
}

/** Returns the prefix of a problem whose line is known, otherwise nothing. */
export function atLine(line: number | undefined): string {
  return line === undefined ? '' : `line ${line}: `;
}

function rootOf(name: string, document: Document): Readonly<Record<string, unknown>> {
  const root: unknown =
    withParserErrors(name, (): unknown => document.toJS({ maxAliasCount: limits.configAliases })) ?? {};
  if (typeof root === 'object' && !Array.isArray(root)) return root as Readonly<Record<string, unknown>>;
  throw new ClairError('config-invalid', `${name} must begin with the key clair:`);
}

/** Runs a step of the parser. It throws on too many aliases, on an alias without an anchor and on deep nesting. */
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

/** Returns whether the parser, which recurses once per level, overflowed the stack. */
function isTooDeep(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Maximum call stack size exceeded');
}

function misplacedKeyText(key: string, sections: readonly string[]): string {
  if (sections.includes(key)) return `${key} is beside clair: indent it below the key clair`;
  if (key === 'jwtproxy')
    return 'jwtproxy configures another program, which checked tokens before Clair: remove it, and set api.tokens or api.v4.pskkey';
  const meant = closestMatch(key, ['clair', ...sections]);
  if (meant === undefined) return `there is no key ${key} at the top level`;
  return meant === 'clair'
    ? `there is no key ${key} at the top level: did you mean clair?`
    : `there is no key ${key} at the top level: did you mean clair.${meant}?`;
}

function missingClairKeyText(name: string, problems: readonly string[]): string {
  const details = problems.length === 0 ? '' : `:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
  return `${name} has no key clair, which contains all settings; write "clair: {}" to use the defaults${details}`;
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
