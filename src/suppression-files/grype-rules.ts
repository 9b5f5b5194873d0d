import { basename } from 'node:path';
import * as z from 'zod/mini';
import { limits } from '../core/limits.ts';
import type { FixState } from '../model/fix.ts';
import type { IgnoreRule } from '../model/suppression.ts';
import {
  assertPlainGlob,
  hasExactId,
  isPathMatch,
  type OnWarning,
  parseRulePart,
  type RuleCondition,
} from './foreign-file.ts';
import {
  fixStatesOfGrype,
  namespaceOfGrype,
  purlTypesOfGrypeType,
  purlTypesOfLanguage,
} from './grype-mapping.ts';
import { invalidFile, type YamlFile } from './yaml-file.ts';

const tool = 'a rule of Grype';
const text = z.nullish(z.string().check(z.maxLength(1000)));

const packageKeys = z.strictObject({
  name: text,
  version: text,
  language: text,
  type: text,
  location: text,
  'upstream-name': text,
});

const rule = z.strictObject({
  vulnerability: text,
  'include-aliases': z.nullish(z.boolean()),
  reason: text,
  namespace: text,
  'fix-state': text,
  package: z.nullish(packageKeys),
  'vex-status': text,
  'vex-justification': text,
  'match-type': text,
});

type GrypeRule = z.output<typeof rule>;

const file = z.looseObject({
  ignore: z.nullish(z.array(z.unknown()).check(z.maxLength(limits.ignoreRules))),
});

/** Keys that only rules of Grype have, not rules of clair. */
const grypeOnlyKeys = Object.keys(rule.def.shape).filter(
  (key) => !['reason', 'namespace', 'package'].includes(key),
);

/** Returns whether a value is a configuration of Grype, by the name of its file or by the keys of a rule. */
export function isGrypeFile(name: string, value: unknown): boolean {
  if (/^\.?grype\.ya?ml$/.test(basename(name))) return true;
  if (typeof value !== 'object' || value === null || !('ignore' in value)) return false;
  return Array.isArray(value.ignore) && value.ignore.some(isGrypeRule);
}

function isGrypeRule(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const isObject = 'package' in value && typeof value.package === 'object' && value.package !== null;
  return isObject || grypeOnlyKeys.some((key) => key in value);
}

/** Reads the ignore rules of a Grype configuration. Reports its other settings as a warning, since they have no effect. */
export function readGrypeRules(yaml: YamlFile, onWarning: OnWarning): IgnoreRule[] {
  const { ignore, ...others } = parseRulePart(
    file,
    { yaml, path: [], tool: 'a configuration of Grype' },
    yaml.value,
  );
  const names = Object.keys(others);
  if (names.length > 0)
    onWarning(`${yaml.name}: clair reads only its ignore rules and ignores ${names.join(', ')}`);
  return (ignore ?? []).map((value, i) => {
    const path = ['ignore', i];
    return toRule(parseRulePart(rule, { yaml, path, tool }, value), yaml.place(path));
  });
}

function toRule(read: GrypeRule, place: string): IgnoreRule {
  assertComparable(read, place);
  const conditions = conditionsOf(read, place);
  if (conditions.length === 0)
    throw invalidFile(
      place,
      'would ignore everything: add a vulnerability, a package or a fix-state to the rule',
    );
  return {
    place,
    reason: read.reason?.trim() || 'it is ignored in the configuration of Grype',
    holdsFor: (finding) => conditions.every((holds) => holds(finding)),
    ...(read.vulnerability && { id: read.vulnerability }),
  };
}

/** Throws `config-invalid` if a rule has a condition that clair cannot evaluate as Grype does. */
function assertComparable(read: GrypeRule, place: string): void {
  if (read['match-type'])
    throw invalidFile(place, 'has a match-type, which clair does not support: remove it');
  if (read['vex-status'] || read['vex-justification'])
    throw invalidFile(place, 'has a condition on VEX: pass the documents with --vex, and remove the rule');
}

function conditionsOf(read: GrypeRule, place: string): RuleCondition[] {
  const { vulnerability, namespace, 'fix-state': fixState } = read;
  return [
    ...(vulnerability ? [hasExactId(vulnerability)] : []),
    ...(namespace ? [isInNamespace(namespace, place)] : []),
    ...(fixState ? [hasFixState(fixState, place)] : []),
    ...packageConditions(read.package ?? {}, place),
  ];
}

function packageConditions(read: z.output<typeof packageKeys>, place: string): RuleCondition[] {
  const { name, version, language, type, location, 'upstream-name': source } = read;
  return [
    ...(name ? [hasName(name, place)] : []),
    ...(version ? [(({ package: found }) => found.version === version) satisfies RuleCondition] : []),
    ...(language ? [hasType(purlTypesOfLanguage(language), `the language ${language}`, place)] : []),
    ...(type ? [hasType(purlTypesOfGrypeType(type), `the package type ${type}`, place)] : []),
    ...(location ? [isLocatedAt(location, place)] : []),
    ...(source ? [(({ package: found }) => found.source?.name === source) satisfies RuleCondition] : []),
  ];
}

/** In Grype, a name is a regular expression of Go. Only a literal name is supported here. */
function hasName(name: string, place: string): RuleCondition {
  if (!/^(?:[\w.@/:~-]|\\[.+])+$/.test(name))
    throw invalidFile(
      place,
      `has the pattern ${JSON.stringify(name)} as the name: write the name of one package, with \\+ for +`,
    );
  const literal = name.replaceAll('\\', '');
  return ({ package: found }) => found.name === literal;
}

function isInNamespace(namespace: string, place: string): RuleCondition {
  const wanted = namespaceOfGrype(namespace);
  if (wanted === undefined)
    throw invalidFile(place, `has the unknown namespace ${JSON.stringify(namespace)}: remove it`);
  return ({ evidence }) => evidence.some((row) => row.namespace === wanted);
}

function hasFixState(state: string, place: string): RuleCondition {
  const states: readonly FixState[] | undefined = fixStatesOfGrype(state);
  if (states === undefined)
    throw invalidFile(
      place,
      `has the fix-state ${JSON.stringify(state)}: clair supports fixed, not-fixed and wont-fix`,
    );
  return ({ fix }) => states.includes(fix.state);
}

function hasType(types: readonly string[] | undefined, what: string, place: string): RuleCondition {
  if (types === undefined) throw invalidFile(place, `has ${what}, which clair does not support: remove it`);
  return ({ package: { type } }) => types.includes(type);
}

/** Matches a package by its path. In Grype, paths begin with a slash. */
function isLocatedAt(location: string, place: string): RuleCondition {
  assertPlainGlob(location, place);
  if (!/^(?:\/|\*\*\/)/.test(location))
    throw invalidFile(place, `has the location ${JSON.stringify(location)}: it must begin with / or **/`);
  return ({ package: found }) => isPathMatch(location, found.location.path);
}
