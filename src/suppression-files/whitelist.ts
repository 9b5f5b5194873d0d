import * as z from 'zod/mini';
import { limits } from '../core/limits.ts';
import type { IgnoreRule } from '../model/suppression.ts';
import { invalidFile } from './invalid-file.ts';
import type { YamlFile } from './yaml-file.ts';

/** Names of vulnerabilities and what was noted of each, as clair-scanner has them, or a list of names alone, as Klar has it. */
const names = z.union([z.array(z.string()), z.record(z.string(), z.unknown())]);

const whitelist = z.strictObject({
  generalwhitelist: z.nullish(names),
  general: z.nullish(names),
  images: z.nullish(z.record(z.string(), z.nullable(names))),
});

/** Whether a file is a whitelist of clair-scanner or Klar, by its keys. */
export function isWhitelist(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(whitelist.def.shape).some((key) => key in value);
}

/**
 * The rules of a whitelist: `generalwhitelist` of clair-scanner or `general` of Klar for any image, `images` by the name of an image
 * without registry and tag. What clair-scanner notes of a vulnerability is the reason.
 */
export function readWhitelist(yaml: YamlFile): IgnoreRule[] {
  const read = z.safeParse(whitelist, yaml.value);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw invalidFile(
      yaml.place(issue?.path ?? []),
      'is not as in a whitelist of clair-scanner or Klar: general and images have lists of vulnerabilities',
    );
  }
  const { generalwhitelist, general, images } = read.data;
  const rules = [
    ...rulesOf(generalwhitelist, ['generalwhitelist'], yaml),
    ...rulesOf(general, ['general'], yaml),
    ...Object.entries(images ?? {}).flatMap(([image, below]) =>
      rulesOf(below, ['images', image], yaml).map((rule) => ({ ...rule, image })),
    ),
  ];
  if (rules.length > limits.ignoreRules)
    throw invalidFile(yaml.name, `has more than ${limits.ignoreRules} rules`);
  return rules;
}

function rulesOf(
  below: z.output<typeof names> | null | undefined,
  path: readonly string[],
  yaml: YamlFile,
): IgnoreRule[] {
  const noted = Array.isArray(below)
    ? below.map((id, i) => ({ id, note: undefined, key: i }))
    : Object.entries(below ?? {}).map(([id, note]) => ({ id, note, key: id }));
  return noted.map(({ id, note, key }) => ({
    // What looks like a pattern is none there.
    id: id.replaceAll('*', ''),
    reason: typeof note === 'string' && note.trim() !== '' ? note.trim() : 'it is in the whitelist',
    place: yaml.place([...path, key]),
  }));
}
