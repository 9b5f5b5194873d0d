import { basename } from 'node:path';
import * as z from 'zod/mini';
import { isDistributionType } from '../model/namespace.ts';
import { type PurlParts, parseNormalizedPurl } from '../model/purl.ts';
import type { IgnoreRule } from '../model/suppression.ts';
import {
  assertPlainGlob,
  assertRuleCount,
  dayBefore,
  hasExactId,
  isPathMatch,
  type OnWarning,
  parseRulePart,
  type RuleCondition,
} from './foreign-file.ts';
import { invalidFile, type YamlFile } from './yaml-file.ts';

const tool = 'an ignore file of Trivy';

/** A line of `.trivyignore`: an id, optionally a date, and further words that Trivy ignores. */
const idLine = /^[A-Z][A-Z\d]+-[\w.-]+(?:\s.*)?$/;

/** Returns whether a text is a `.trivyignore`, by its name or by the id of a vulnerability on every line. */
export function isTrivyIgnoreText(name: string, text: string): boolean {
  if (/^\.?trivyignore(?:\.txt)?$/.test(basename(name))) return true;
  const lines = contentLines(text);
  return lines.length > 0 && lines.every(({ line }) => idLine.test(line));
}

/** Reads the rules of a `.trivyignore`: one id per line. `exp:2026-12-31` is the first day without the rule. */
export function readTrivyIgnoreText(name: string, text: string): IgnoreRule[] {
  const rules = contentLines(text).map(({ line, number }) => lineRule(line, `${name}:${number}`));
  assertRuleCount(rules, name);
  return rules;
}

function contentLines(text: string): { readonly line: string; readonly number: number }[] {
  return text
    .split('\n')
    .map((line, i) => ({ line: line.trim(), number: i + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
}

function lineRule(line: string, place: string): IgnoreRule {
  const [id = '', ...fields] = line.split(/\s+/);
  const end = fields.find((field) => field.startsWith('exp:'))?.slice('exp:'.length);
  if (end !== undefined && !z.safeParse(z.iso.date(), end).success)
    throw invalidFile(
      place,
      `has an invalid date after exp: ${JSON.stringify(end.slice(0, 80))}; write it as exp:2026-12-31`,
    );
  const comment = /\s#\s*(\S.*)/s.exec(line)?.[1];
  return {
    place,
    id,
    reason: comment ?? 'it is in the ignore file of Trivy',
    holdsFor: hasExactId(id),
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

/** Returns whether a value is a `.trivyignore.yaml`, by its keys. */
export function isTrivyIgnoreYaml(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(file.def.shape).some((key) => key in value);
}

/** Reads the rules of a `.trivyignore.yaml` on vulnerabilities. Reports rules on anything else as a warning; they have no effect. */
export function readTrivyIgnoreYaml(yaml: YamlFile, onWarning: OnWarning): IgnoreRule[] {
  const { vulnerabilities, ...others } = parseRulePart(file, { yaml, path: [], tool }, yaml.value);
  const rules = (vulnerabilities ?? []).map((value, i) => yamlRule(value, ['vulnerabilities', i], yaml));
  assertRuleCount(rules, yaml.name);
  const other = Object.entries(others).filter(([, list]) => list && list.length > 0);
  if (other.length > 0)
    onWarning(
      `${yaml.name}: its rules on ${other.map(([key]) => key).join(' and ')} have no effect: clair does not look for these`,
    );
  return rules;
}

function yamlRule(value: unknown, path: readonly PropertyKey[], yaml: YamlFile): IgnoreRule {
  const read = parseRulePart(entry, { yaml, path, tool }, value);
  const place = yaml.place(path);
  const matchesId = hasExactId(read.id);
  const matchesPath = hasPath(read.paths ?? [], place);
  const matchesPurls = hasPurl(read.purls ?? [], place);
  return {
    place,
    id: read.id,
    reason: read.statement?.trim() || 'it is in the ignore file of Trivy',
    holdsFor: (finding) => matchesId(finding) && matchesPath(finding) && matchesPurls(finding),
    ...(read.expired_at && { expires: dayBefore(read.expired_at) }),
  };
}

/** Matches a package by its path, except packages of a distribution: Trivy has no path for those. */
function hasPath(paths: readonly string[], place: string): RuleCondition {
  for (const path of paths) assertPlainGlob(path, place);
  return ({ package: { type, location } }) =>
    paths.length === 0 ||
    (!isDistributionType(type) && paths.some((path) => isPathMatch(path, location.path)));
}

function hasPurl(purls: readonly string[], place: string): RuleCondition {
  const wanted = purls.map((purl) => {
    const parts = parseNormalizedPurl(purl);
    if (parts === undefined)
      throw invalidFile(place, `has ${JSON.stringify(purl.slice(0, 200))}, which is not a valid package URL`);
    return parts;
  });
  return ({ package: { purl } }) => {
    const found = wanted.length === 0 ? undefined : parseNormalizedPurl(purl);
    return wanted.length === 0 || (found !== undefined && wanted.some((one) => purlCovers(one, found)));
  };
}

/** Returns whether a package URL of a rule covers another one. Components that the rule omits match any value. */
function purlCovers(wanted: PurlParts, candidate: PurlParts): boolean {
  return (
    wanted.type === candidate.type &&
    wanted.namespace === candidate.namespace &&
    wanted.name === candidate.name &&
    (wanted.version === undefined || wanted.version === candidate.version) &&
    (wanted.subpath === undefined || wanted.subpath === candidate.subpath) &&
    Object.entries(wanted.qualifiers ?? {}).every(([key, value]) => value === candidate.qualifiers?.[key])
  );
}
