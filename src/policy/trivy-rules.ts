import { basename } from 'node:path';
import * as z from 'zod/mini';
import type { IgnoreRule } from '../model/exception.ts';
import { isOfDistributions } from '../model/namespace.ts';
import type { PurlParts } from '../model/purl.ts';
import { readPurl } from '../model/read-purl.ts';
import {
  type Condition,
  dayBefore,
  isAt,
  isCalledExactly,
  type Note,
  readPart,
  requireFew,
  requirePlainGlob,
} from './foreign-file.ts';
import { invalid } from './invalid.ts';
import type { YamlText } from './yaml-text.ts';

const tool = 'an ignore file of Trivy';

/** A line of `.trivyignore`: an id, a date perhaps, and what Trivy passes over. */
const listed = /^[A-Z][A-Z\d]+-[\w.-]+(?:\s.*)?$/;

/** Whether a text is a `.trivyignore`: by its name, or by an id of a vulnerability on every line. */
export function isTrivyList(name: string, text: string): boolean {
  if (/^\.?trivyignore(?:\.txt)?$/.test(basename(name))) return true;
  const lines = contentLines(text);
  return lines.length > 0 && lines.every(({ line }) => listed.test(line));
}

/** The rules of a `.trivyignore`: an id a line, with `exp:2026-12-31` for the day on which it counts no more. */
export function readTrivyList(name: string, text: string): IgnoreRule[] {
  const rules = contentLines(text).map(({ line, number }) => listedRule(line, `${name}:${number}`));
  requireFew(rules, name);
  return rules;
}

function contentLines(text: string): { readonly line: string; readonly number: number }[] {
  return text
    .split('\n')
    .map((line, i) => ({ line: line.trim(), number: i + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
}

function listedRule(line: string, place: string): IgnoreRule {
  const [id = '', ...fields] = line.split(/\s+/);
  const end = fields.find((field) => field.startsWith('exp:'))?.slice('exp:'.length);
  if (end !== undefined && !z.safeParse(z.iso.date(), end).success)
    throw invalid(
      place,
      `has no date behind exp: ${JSON.stringify(end.slice(0, 80))}; write it as exp:2026-12-31`,
    );
  const comment = /\s#\s*(\S.*)/s.exec(line)?.[1];
  return {
    place,
    id,
    reason: comment ?? 'it is in the ignore file of Trivy',
    holdsFor: isCalledExactly(id),
    ...(end !== undefined && { expires: dayBefore(end) }),
  };
}

const text = z.string().check(z.minLength(1), z.maxLength(1000));
const texts = z.nullish(z.array(text).check(z.maxLength(1000)));

const entry = z.strictObject({
  id: text,
  paths: texts,
  purls: texts,
  statement: z.nullish(z.string().check(z.maxLength(10_000))),
  expired_at: z.nullish(z.union([z.iso.date(), z.iso.datetime({ offset: true })])),
});

const entries = z.nullish(z.array(z.unknown()));

const file = z.strictObject({
  vulnerabilities: entries,
  misconfigurations: entries,
  secrets: entries,
  licenses: entries,
});

/** Whether a value is a `.trivyignore.yaml`, by its keys. */
export function isTrivyFile(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(file.def.shape).some((key) => key in value);
}

/** The rules of a `.trivyignore.yaml` on vulnerabilities. Rules on other things have no effect here, and are counted in a note. */
export function readTrivyFile(yaml: YamlText, note: Note): IgnoreRule[] {
  const { vulnerabilities, ...others } = readPart(file, { yaml, path: [], tool }, yaml.value);
  const rules = (vulnerabilities ?? []).map((value, i) => entryRule(value, ['vulnerabilities', i], yaml));
  requireFew(rules, yaml.name);
  const other = Object.entries(others).filter(([, list]) => list && list.length > 0);
  if (other.length > 0)
    note(
      `${yaml.name}: its rules on ${other.map(([key]) => key).join(' and ')} have no effect, as clair looks for none`,
    );
  return rules;
}

function entryRule(value: unknown, path: readonly PropertyKey[], yaml: YamlText): IgnoreRule {
  const read = readPart(entry, { yaml, path, tool }, value);
  const place = yaml.place(path);
  const isNamed = isCalledExactly(read.id);
  const isThere = atPaths(read.paths ?? [], place);
  const isPackage = withPurls(read.purls ?? [], place);
  return {
    place,
    id: read.id,
    reason: read.statement?.trim() || 'it is in the ignore file of Trivy',
    holdsFor: (finding) => isNamed(finding) && isThere(finding) && isPackage(finding),
    ...(read.expired_at && { expires: dayBefore(read.expired_at) }),
  };
}

/** Trivy knows no path of a package of a distribution. */
function atPaths(paths: readonly string[], place: string): Condition {
  for (const path of paths) requirePlainGlob(path, place);
  return ({ package: { type, location } }) =>
    paths.length === 0 || (!isOfDistributions(type) && paths.some((path) => isAt(path, location.path)));
}

function withPurls(purls: readonly string[], place: string): Condition {
  const wanted = purls.map((purl) => {
    const parts = readPurl(purl);
    if (parts === undefined)
      throw invalid(place, `has ${JSON.stringify(purl.slice(0, 200))}, which is no package URL`);
    return parts;
  });
  return ({ package: { purl } }) => {
    const found = wanted.length === 0 ? undefined : readPurl(purl);
    return wanted.length === 0 || (found !== undefined && wanted.some((one) => isMet(one, found)));
  };
}

/** What a rule leaves out of a package URL may be anything. */
function isMet(wanted: PurlParts, found: PurlParts): boolean {
  return (
    wanted.type === found.type &&
    wanted.namespace === found.namespace &&
    wanted.name === found.name &&
    (wanted.version === undefined || wanted.version === found.version) &&
    (wanted.subpath === undefined || wanted.subpath === found.subpath) &&
    Object.entries(wanted.qualifiers ?? {}).every(([key, value]) => value === found.qualifiers?.[key])
  );
}
