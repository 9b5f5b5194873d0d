import { quoteUntrusted } from '../../kit/untrusted-text.ts';
import {
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  fromElsewhere,
  inexact,
  unpinned,
} from './declared-format.ts';
import { textLines } from './documents.ts';

/** Options of pip that name something to install, or a file that does. */
const installing = /^(?:-[er]|--editable|--requirements?)(?:\s+|=|$)/;

/** A name (PEP 508) with its extras. */
const named = /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?/;

/** Usual names of files for one use of a project: `requirements-dev.txt`. */
const namedAfterUse = [
  'dev',
  'develop',
  'development',
  'test',
  'tests',
  'testing',
  'prod',
  'production',
  'base',
]
  .concat('common', 'docs', 'doc', 'lint', 'build', 'ci', 'local', 'lock', 'all', 'extra', 'optional')
  .flatMap((use) => [`requirements-${use}.txt`, `requirements_${use}.txt`, `requirements.${use}.txt`]);

/** Requirements of pip: names with exact versions, and others, whose versions depend on the time of installation. */
export const pipRequirements: DeclaredFormat = {
  name: 'pip-requirements',
  type: 'pypi',
  files: ['requirements.txt', '*requirements.txt', 'requirements/*.txt', ...namedAfterUse],
  *read(content) {
    for (const line of joinedLines(textLines(content))) {
      const requirement = withoutComment(line).trim();
      if (requirement !== '') yield* itemsOf(requirement);
    }
  },
};

/** Joins each line that ends with a backslash with the next. */
function* joinedLines(lines: Iterable<string>): Generator<string> {
  let parts: string[] = [];
  for (const line of lines) {
    const isContinued = line.endsWith('\\');
    parts.push(isContinued ? line.slice(0, -1) : line);
    if (isContinued) continue;
    yield parts.join('');
    parts = [];
  }
  if (parts.length > 0) yield parts.join('');
}

/** Removes a comment. A `#` within a URL is part of it, unless a blank precedes it. */
function withoutComment(line: string): string {
  const hash = line.includes('://') ? line.search(/(?:^|\s)#/) : line.indexOf('#');
  return hash === -1 ? line : line.slice(0, hash);
}

function* itemsOf(requirement: string): Generator<DeclaredItem> {
  if (requirement.startsWith('-')) {
    yield* optionItems(requirement);
    return;
  }
  const [match, name] = named.exec(requirement) ?? [];
  const rest = requirement.slice(match?.length ?? 0).trimStart();
  if (match === undefined || name === undefined || /^[+:/]/.test(rest)) yield* unnamedItems(requirement);
  else if (rest.startsWith('@')) yield fromElsewhere(name, rest.slice(1).trim());
  else yield* versionItems(name, rest);
}

/** A requirements file that another one names is read itself, if it has one of the usual names. */
function* optionItems(option: string): Generator<DeclaredItem> {
  const [match] = installing.exec(option) ?? [];
  if (match === undefined) return;
  const target = option.slice(match.length).trim();
  const isFile = match.startsWith('-r') || match.startsWith('--requirement');
  if (isFile && /(?:^|\/)(?:requirements[^/]*|[^/]*requirements)\.txt$/.test(target)) return;
  const isOwn = !isFile && /^\.{0,2}\/|^\.{1,2}$|^\.\[/.test(target);
  if (!isOwn)
    yield unpinned(
      quoteUntrusted(target),
      isFile ? 'is included, but was not read' : 'is installed from its source',
    );
}

function* unnamedItems(requirement: string): Generator<DeclaredItem> {
  if (/^\.{1,2}(?:\/|\[|$)/.test(requirement)) return;
  if (requirement.includes('/')) yield fromElsewhere('a package', requirement);
  else
    yield {
      kind: 'problem',
      problem: `has a line that is not a requirement: ${quoteUntrusted(requirement)}`,
    };
}

function* versionItems(name: string, rest: string): Generator<DeclaredItem> {
  const clauses = (rest.split(/;|\s--/, 1)[0] ?? '').trim().replace(/^\((.*)\)$/, '$1');
  if (clauses !== '' && !/^[<>=!~]/.test(clauses)) {
    yield {
      kind: 'problem',
      problem: `has a line that is not a requirement: ${quoteUntrusted(`${name} ${rest}`)}`,
    };
    return;
  }
  const exact = clauses
    .split(',')
    .flatMap((clause) => /^={2,3}\s*([\w.!+-]+)$/.exec(clause.trim())?.[1] ?? []);
  const [version] = exact;
  yield version === undefined ? inexact(name, clauses) : declaredPackage(name, version);
}
