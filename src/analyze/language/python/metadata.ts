import { limits } from '../../../core/limits.ts';
import { quoteUntrusted, stripControls } from '../../../kit/untrusted-text.ts';
import type { ListedPackage } from '../../../model/package.ts';
import { packageName } from '../../../model/package-name.ts';
import { licenseOf } from '../../../model/spdx-license.ts';
import { type DependencyBudget, dependencyFields } from '../../package/dependency-names.ts';
import { type EntryProblem, isWord } from '../../package/listing.ts';
import { utf16Problem } from '../../package/text-damage.ts';
import { Lines } from '../../text-lines.ts';

/** The fields that are read. "Core metadata specifications" of the Python Packaging User Guide; names ignore case. */
const fields = [
  ...['name', 'version', 'license', 'license-expression', 'classifier'],
  ...['author', 'author-email', 'requires-dist'],
] as const;
type Field = (typeof fields)[number];

/** Fields by name, each with its values in order. */
type Header = ReadonlyMap<Field, readonly string[]>;

/** Longer values are cut. Anything longer than a name, a version or an expression is a text. */
const valueBytesMax = 4096;

const [tab, lineFeed, carriageReturn, space] = [0x09, 0x0a, 0x0d, 0x20];

/** Names that no distribution has: the placeholder of setuptools, and the interpreter, which describes itself this way. */
const namesOfNoPackage: ReadonlySet<string> = new Set(['unknown', 'python']);

/** The identifier of a distribution. PEP 508, "Names". */
const distributionName = /^[a-z\d](?:[a-z\d._-]*[a-z\d])?$/i;

/**
 * Reads the metadata of a distribution: `METADATA`, `PKG-INFO`, or a file `*.egg-info`. Undefined if it describes none. Damage in fields
 * besides the name and the version is ignored, as `importlib.metadata` does.
 */
export function readMetadata(
  content: Uint8Array,
  budget: DependencyBudget,
): ListedPackage | EntryProblem | undefined {
  // Debian and half-removed layers leave empty files.
  if (content.length === 0) return undefined;
  const unreadable = utf16Problem(content);
  if (unreadable !== undefined) return { problem: unreadable };
  const header = readHeader(content);
  const name = firstOf(header, 'name');
  const version = firstOf(header, 'version');
  if (namesOfNoPackage.has(name?.toLowerCase() ?? '')) return undefined;
  if (!name) return { problem: 'has no Name' };
  if (!distributionName.test(name) || !isWord(name))
    return { problem: `has the impossible Name ${quoteUntrusted(name)}` };
  if (!version) return { problem: `${name} has no Version`, lacks: 'version' };
  if (!isWord(version)) return { problem: `${name} has the impossible Version ${quoteUntrusted(version)}` };
  return { type: 'pypi', name, version, ...detailsOf(header), ...requirementsOf(name, header, budget) };
}

/** Reads the lines up to the first empty one. Lines that are neither a field nor a continuation are skipped. */
function readHeader(content: Uint8Array): Header {
  const header = new Map<Field, string[]>();
  const lines = new Lines(content);
  for (let isFirst = true; lines.next(); isFirst = false) {
    const start = lines.start + (isFirst && hasByteOrderMark(content) ? 3 : 0);
    const end = endOfLine(lines);
    if (end <= start) break;
    if (isBlank(lines.text.charCodeAt(start))) continue;
    const field = fieldAt(lines.text, start);
    if (field === undefined) continue;
    const value = valueAt(lines, start, end);
    if (!header.get(field)?.push(value)) header.set(field, [value]);
  }
  return header;
}

function hasByteOrderMark(content: Uint8Array): boolean {
  return content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf;
}

/** Returns the end of the current line without a carriage return. */
function endOfLine({ text, start, end }: Lines): number {
  return end > start && text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end;
}

function fieldAt(text: string, start: number): Field | undefined {
  const colon = text.indexOf(':', start);
  if (colon === -1 || colon - start > longestField) return undefined;
  const name = text.slice(start, colon).toLowerCase();
  return fields.find((field) => field === name);
}

const longestField = Math.max(...fields.map(({ length }) => length));

function valueAt({ text, bytes }: Lines, start: number, end: number): string {
  let from = text.indexOf(':', start) + 1;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return bytes.toString('utf8', from, Math.min(to, from + valueBytesMax));
}

function isBlank(code: number): boolean {
  return code === space || code === tab || code === carriageReturn || code === lineFeed;
}

/** Of a repeated field, the first value counts, as in `importlib.metadata`. */
function firstOf(header: Header, field: Field): string | undefined {
  return header.get(field)?.[0];
}

/** Returns the licences and the supplier. */
function detailsOf(header: Header): Partial<ListedPackage> {
  const licenses = licensesOf(header).flatMap((text) => licenseOf(text) ?? []);
  const author = stripControls(firstOf(header, 'author') ?? '');
  const mail = stripControls(firstOf(header, 'author-email') ?? '');
  // Newer build tools put the name into the address.
  const supplier = author === '' || mail === '' ? author || mail : `${author} <${mail}>`;
  return {
    ...(licenses.length > 0 && { licenses: [...new Set(licenses)] }),
    ...(supplier !== '' && supplier !== 'UNKNOWN' && { supplier }),
  };
}

const licenseClassifier = /^License :: (?:OSI Approved :: )?(.+)$/;

/** Returns the expression, else the classifiers, else the free text. */
function licensesOf(header: Header): readonly string[] {
  const expression = header.get('license-expression')?.slice(0, 1);
  if (expression !== undefined) return expression;
  const classified = (header.get('classifier') ?? [])
    .flatMap((text) => licenseClassifier.exec(text)?.[1] ?? [])
    .filter((text) => text !== 'OSI Approved');
  if (classified.length > 0) return classified.slice(0, limits.licensesPerPackage);
  const text = firstOf(header, 'license');
  return text === undefined || text === 'UNKNOWN' ? [] : [text];
}

/** Returns the names of the required distributions. Requirements of an extra are omitted: it may not be installed. */
function requirementsOf(name: string, header: Header, budget: DependencyBudget): Partial<ListedPackage> {
  const key = packageName('pypi', name);
  const requires = (header.get('requires-dist') ?? [])
    .filter((text) => !/\bextra\s*==/.test(text))
    .map((text) => packageName('pypi', /^[\w.-]+/.exec(text)?.[0] ?? ''));
  return dependencyFields(budget, { requires, provides: key === name ? [] : [key] });
}
