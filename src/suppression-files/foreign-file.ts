import * as z from 'zod/mini';
import { dayMs } from '../core/duration.ts';
import { limits } from '../core/limits.ts';
import { pathGlobMatches } from '../kit/path-glob.ts';
import type { IgnoreRule, RuleFinding } from '../model/suppression.ts';
import { invalidFile, type YamlFile } from './yaml-file.ts';

/** Returns whether a finding meets a condition of a rule. */
export type RuleCondition = (finding: RuleFinding) => boolean;

/** Receives a warning about a part of a file that has no effect. */
export type OnWarning = (words: string) => void;

/** Validates a part of a file of another tool. Throws `config-invalid` with the line of the first problem. */
export function parseRulePart<T extends z.ZodMiniType>(
  schema: T,
  {
    yaml,
    path,
    tool,
  }: { readonly yaml: YamlFile; readonly path: readonly PropertyKey[]; readonly tool: string },
  value: unknown,
): z.output<T> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const issuePath = [...path, ...(issue?.path ?? [])];
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    throw invalidFile(
      yaml.place([...issuePath, key]),
      `has the key ${JSON.stringify(key)}, which ${tool} does not have`,
    );
  }
  throw invalidFile(
    yaml.place(issuePath),
    `is not valid in ${tool}: ${String(issue?.path.at(-1) ?? 'the file')} ${issue?.message ?? ''}`,
  );
}

/**
 * Matches a vulnerability by its exact id. Ids of CVE and GitHub also match as aliases; ids of advisories do not, since an advisory may
 * cover several vulnerabilities.
 */
export function hasExactId(id: string): RuleCondition {
  return ({ vulnerability }) =>
    vulnerability.id === id || (/^(?:CVE|GHSA)-/.test(id) && vulnerability.aliases.includes(id));
}

/** Throws `config-invalid` if a path pattern has wildcards other than asterisks, which would match other paths here. */
export function assertPlainGlob(pattern: string, place: string): void {
  if (/[?[\]{}\\]/.test(pattern))
    throw invalidFile(
      place,
      `has the pattern ${JSON.stringify(pattern)}: a path supports only the wildcards * and **`,
    );
}

/** Returns whether a pattern, with or without a leading slash, matches a path in the image, which has none. */
export function isPathMatch(glob: string, path: string): boolean {
  return pathGlobMatches(glob, glob.startsWith('/') ? `/${path}` : path);
}

/** Throws `config-invalid` if there are more than `limits.ignoreRules` rules. */
export function assertRuleCount(rules: readonly IgnoreRule[], name: string): void {
  if (rules.length > limits.ignoreRules) throw invalidFile(name, `has more than ${limits.ignoreRules} rules`);
}

/** Returns the day before a day, both as `2026-12-31`. */
export function dayBefore(day: string): string {
  return new Date(Date.parse(`${day.slice(0, 10)}T00:00:00Z`) - dayMs).toISOString().slice(0, 10);
}
