import * as z from 'zod/mini';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { closestMatch } from '../kit/closest-match.ts';
import { omitUndefined } from '../kit/collections.ts';
import { type IgnoreRule, justifications } from '../model/suppression.ts';
import type { YamlFile } from './yaml-file.ts';

const text = z.string().check(z.trim(), z.minLength(1), z.maxLength(1000));

const selectors = {
  id: z.optional(text),
  package: z.optional(text),
  version: z.optional(text),
  path: z.optional(text),
  namespace: z.optional(text),
};

const rule = z.strictObject({
  ...selectors,
  reason: text,
  expires: z.optional(z.iso.date()),
  justification: z.optional(z.enum(justifications)),
});

const file = z.strictObject({
  ignore: z.nullish(z.array(rule).check(z.maxLength(limits.ignoreRules))),
});

const selectorNames = Object.keys(selectors);

/** Reads the rules of a clair ignore file: a list below the key `ignore`. Throws a `config-invalid` error that lists all problems. */
export function readClairRules(yaml: YamlFile): IgnoreRule[] {
  const read = z.safeParse(file, yaml.value);
  const problems = read.success
    ? (read.data.ignore ?? []).flatMap((one, i) =>
        isSelective(one)
          ? []
          : [`${yaml.place(['ignore', i])} would ignore everything: add ${joinWithOr(selectorNames)}`],
      )
    : read.error.issues.flatMap((issue) => issueMessages(issue, yaml));
  if (!read.success || problems.length > 0)
    throw new ClairError(
      'config-invalid',
      `${yaml.name} cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  return (read.data.ignore ?? []).map((one, i) => toRule(one, yaml.place(['ignore', i])));
}

function isSelective(one: z.output<typeof rule>): boolean {
  return Object.entries(one).some(
    ([name, value]) => value !== undefined && selectorNames.includes(name) && !/^\**$/.test(value),
  );
}

function toRule(one: z.output<typeof rule>, place: string): IgnoreRule {
  const { reason } = one;
  return { ...omitUndefined(one), reason, place };
}

/** Returns the messages for one issue of the schema. */
function issueMessages(issue: z.core.$ZodIssue, yaml: YamlFile): string[] {
  const { path } = issue;
  const where = yaml.place(path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(key, path.length, yaml.place([...path, key])));
  const name = String(path.at(-1) ?? 'the file');
  if (issue.code === 'invalid_value')
    return [`${where} ${name} must be ${joinWithOr(issue.values.map(String))}`];
  if (issue.code === 'invalid_format')
    return [`${where} ${name} is not a valid date: write it as 2026-12-31`];
  if (issue.code === 'too_big') return [`${where} ${name} is too long: at most ${String(issue.maximum)}`];
  if (issue.code === 'too_small') return [`${where} ${name} is empty`];
  return [`${where} ${wrongType(path, valueAt(yaml.value, path))}`];
}

function unknownKey(key: string, depth: number, where: string): string {
  const validKeys = depth === 0 ? Object.keys(file.def.shape) : Object.keys(rule.def.shape);
  const suggestion =
    depth === 0
      ? closestMatch(key, validKeys)
      : (keyAliases.get(key.toLowerCase()) ?? closestMatch(key, validKeys));
  return `${where} unknown key ${JSON.stringify(key.slice(0, 80))}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`;
}

/** Other names for the keys of a rule, from other tools and habits, with the key to suggest. */
const keyAliases: ReadonlyMap<string, keyof typeof rule.def.shape> = new Map([
  ['cve', 'id'],
  ['vuln', 'id'],
  ['vulnerability', 'id'],
  ['advisory', 'id'],
  ['name', 'package'],
  ['pkg', 'package'],
  ['purl', 'package'],
  ['purls', 'package'],
  ['location', 'path'],
  ['paths', 'path'],
  ['exp', 'expires'],
  ['expired_at', 'expires'],
  ['expiry', 'expires'],
  ['until', 'expires'],
  ['comment', 'reason'],
  ['statement', 'reason'],
  ['note', 'reason'],
]);

function wrongType(path: readonly PropertyKey[], value: unknown): string {
  const [, , key] = path;
  if (path.length === 0) return 'must begin with the key ignore:';
  if (path.length === 1) return 'ignore must be a list of rules';
  if (key === undefined) return 'a rule must have keys, such as id and reason';
  if (value === undefined) return `the rule has no ${String(key)}`;
  return `${String(key)} must be a string: write it in quotes`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inside, key) =>
      typeof inside === 'object' && inside !== null
        ? (inside as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}

function joinWithOr(items: readonly string[]): string {
  return `${items.slice(0, -1).join(', ')} or ${items.at(-1) ?? ''}`;
}
