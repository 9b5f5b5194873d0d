import { limits } from '../../../core/limits.ts';
import { stripControls } from '../../../kit/untrusted-text.ts';
import type { ListedPackage } from '../../../model/package.ts';
import { licenseOf } from '../../../model/spdx-license.ts';
import { type DependencyBudget, dependencyFields } from '../../package/dependency-names.ts';
import { type EntryProblem, isWord } from '../../package/listing.ts';
import { utf16Problem } from '../../package/text-damage.ts';
import { Lines } from '../../text-lines.ts';

/** The second line of an installed specification: name, version, platform and directories. Gem::StubSpecification. */
const stubLine = /^# stub: (\S+) (\S+) \S/;
const blockLine = /^Gem::Specification\.new do \|\s*(\w+)\s*\|/;
/** An attribute of the block variable, or a call on it. */
const memberLine =
  /^\s*(\w+)\.(name|version|licenses?|authors?|add_runtime_dependency|add_dependency)\b(?:\s*=)?/;
/** A Ruby string literal without interpolation: `"x"`, `'x'`, `%q<x>`. */
const literal =
  /"((?:[^"\\#]|\\.|#(?!\{))*)"|'([^'\\]*)'|%q(?:<([^>]*)>|\{([^}]*)\}|\(([^)]*)\)|\[([^\]]*)\])/g;
/** The version is a text, or an object made from one. */
const versionLiteral = /^(?:Gem::Version\.new(?:\(| )\s*)?["'](\d[\w.-]*)["']/;
const nameLiteral = /^(?:"([^"]*)"|'([^']*)'|%q[<{([]([^>})\]]*)[>})\]])/;

/** Longer lines are cut. They are lists of files, or damage. */
const lineBytesMax = 4096;

type Member = 'name' | 'version' | 'license' | 'author' | 'dependency';

/** Attributes by name, each with the text after the equals sign. */
interface Attributes {
  readonly stub?: { readonly name: string; readonly version: string };
  readonly members: ReadonlyMap<Member, readonly string[]>;
}

/**
 * Reads the specification of an installed gem, which RubyGems writes with literal values. The name and version in its stub line count, as
 * in RubyGems. Without a stub line, those of the block count.
 */
export function readGemSpecification(
  content: Uint8Array,
  budget: DependencyBudget,
): ListedPackage | EntryProblem {
  const unreadable = utf16Problem(content);
  if (unreadable !== undefined) return { problem: unreadable };
  const attributes = readAttributes(content);
  const name = attributes.stub?.name ?? nameIn(firstOf(attributes, 'name'));
  if (!isWord(name)) return { problem: 'states no name as a text' };
  const version = attributes.stub?.version ?? versionIn(firstOf(attributes, 'version'));
  if (!isWord(version)) return { problem: `states no version of ${name} as a text`, lacks: 'version' };
  const requires = (attributes.members.get('dependency') ?? []).map(nameIn);
  return {
    type: 'gem',
    name,
    version,
    ...detailsOf(attributes),
    ...dependencyFields(budget, { requires, provides: [] }),
  };
}

function firstOf({ members }: Attributes, member: Member): string {
  return members.get(member)?.[0] ?? '';
}

function readAttributes(content: Uint8Array): Attributes {
  const members = new Map<Member, string[]>();
  let stub: Attributes['stub'];
  let variable: string | undefined;
  const lines = new Lines(content);
  for (let number = 1; lines.next(); number++) {
    const line = lines.beginning(lineBytesMax);
    if (number === 2) stub = stubIn(line);
    variable ??= blockLine.exec(line)?.[1];
    const found = memberIn(line, variable);
    if (found !== undefined && !members.get(found.member)?.push(found.value))
      members.set(found.member, [found.value]);
  }
  return { ...(stub !== undefined && { stub }), members };
}

/** Returns the attribute of the block variable in a line. */
function memberIn(
  line: string,
  variable: string | undefined,
): { readonly member: Member; readonly value: string } | undefined {
  const [whole = '', owner, member = ''] = memberLine.exec(line) ?? [];
  if (owner === undefined || owner !== variable) return undefined;
  return { member: memberOf(member), value: line.slice(whole.length).trimStart() };
}

function stubIn(line: string): Attributes['stub'] {
  const [, name, version] = stubLine.exec(line) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}

function memberOf(name: string): Member {
  if (name === 'name' || name === 'version') return name;
  if (name.startsWith('add_')) return 'dependency';
  return name.startsWith('license') ? 'license' : 'author';
}

/** Returns the text of the literal at the start, also after a parenthesis. */
function nameIn(value: string): string {
  const [, double, single, percent] = nameLiteral.exec(value.replace(/^\(\s*/, '')) ?? [];
  return double ?? single ?? percent ?? '';
}

function versionIn(value: string): string {
  return versionLiteral.exec(value)?.[1] ?? '';
}

/** Returns the licences and the supplier. */
function detailsOf(attributes: Attributes): Partial<ListedPackage> {
  const licenses = literalsIn(firstOf(attributes, 'license'))
    .slice(0, limits.licensesPerPackage)
    .flatMap((text) => licenseOf(text) ?? []);
  const [author = ''] = literalsIn(firstOf(attributes, 'author'));
  const supplier = stripControls(author);
  return {
    ...(licenses.length > 0 && { licenses: [...new Set(licenses)] }),
    ...(supplier !== '' && { supplier }),
  };
}

function literalsIn(value: string): string[] {
  return Array.from(value.matchAll(literal), (match: readonly (string | undefined)[]) => {
    const [, double, ...others] = match;
    return double === undefined ? (others.find((text) => text !== undefined) ?? '') : unescapeText(double);
  });
}

/** Decodes the escapes that RubyGems writes: of quotes and of Unicode characters. */
function unescapeText(text: string): string {
  return text.replace(
    /\\(?:u([\dA-F]{4})|u\{([\dA-F]{1,6})\}|(.))/gi,
    (whole, four?: string, braced?: string, other?: string) => {
      const code = Number.parseInt(four ?? braced ?? '', 16);
      if (code <= 0x10ffff) return String.fromCodePoint(code);
      return other ?? whole;
    },
  );
}
