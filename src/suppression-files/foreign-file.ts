import * as z from 'zod/mini';
import { limits } from '../core/limits.ts';
import { pathGlobMatches } from '../kit/path-glob.ts';
import type { IgnoreRule, RuleFinding } from '../model/suppression.ts';
import { invalidFile } from './invalid-file.ts';
import type { YamlFile } from './yaml-file.ts';

/** What has to hold for a finding. */
export type RuleCondition = (finding: RuleFinding) => boolean;

/** Takes a sentence about a part of a file that has no effect here. */
export type OnWarning = (words: string) => void;

/** Reads a part of a file of another tool. Throws `config-invalid` with the line for what is not as that tool has it. */
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
      `has the key ${JSON.stringify(key)}, which is not known of ${tool}`,
    );
  }
  throw invalidFile(
    yaml.place(issuePath),
    `is not as ${tool} has it: ${String(issue?.path.at(-1) ?? 'the file')} ${issue?.message ?? ''}`,
  );
}

/**
 * An exact name of a vulnerability: no pattern, and no advisory on several. What GitHub calls it or its CVE stands for the same
 * vulnerability.
 */
export function hasExactId(id: string): RuleCondition {
  return ({ vulnerability }) =>
    vulnerability.id === id || (/^(?:CVE|GHSA)-/.test(id) && vulnerability.aliases.includes(id));
}

/** Throws where a pattern of paths has more than asterisks: it would match something else here. */
export function assertPlainGlob(pattern: string, place: string): void {
  if (/[?[\]{}\\]/.test(pattern))
    throw invalidFile(
      place,
      `has the pattern ${JSON.stringify(pattern)}: only * and ** are understood in a path`,
    );
}

/** A path in the image without a leading slash, by a pattern that has one or not. */
export function isPathMatch(glob: string, path: string): boolean {
  return pathGlobMatches(glob, glob.startsWith('/') ? `/${path}` : path);
}

/** Throws where there are more rules than a file may have. */
export function assertRuleCount(rules: readonly IgnoreRule[], name: string): void {
  if (rules.length > limits.ignoreRules) throw invalidFile(name, `has more than ${limits.ignoreRules} rules`);
}

/** The day before a day, `2026-12-31`. */
export function dayBefore(day: string): string {
  return new Date(Date.parse(`${day.slice(0, 10)}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}
