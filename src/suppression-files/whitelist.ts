import * as z from 'zod/mini';
import { limits } from '../core/limits.ts';
import type { IgnoreRule } from '../model/suppression.ts';
import { invalidFile, type YamlFile } from './yaml-file.ts';

/** Ids of vulnerabilities: with a note on each (clair-scanner), or as a plain list (Klar). */
const names = z.union([z.array(z.string()), z.record(z.string(), z.unknown())]);

const whitelist = z.strictObject({
  generalwhitelist: z.nullish(names),
  general: z.nullish(names),
  images: z.nullish(z.record(z.string(), z.nullable(names))),
});

/** Returns whether a value is a whitelist of clair-scanner or Klar, by its keys. */
export function isWhitelist(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(whitelist.def.shape).some((key) => key in value);
}

/**
 * Reads the rules of a whitelist. `generalwhitelist` (clair-scanner) and `general` (Klar) apply to all images. `images` applies by the
 * name of an image without registry and tag. The note of clair-scanner becomes the reason.
 */
export function readWhitelist(yaml: YamlFile): IgnoreRule[] {
  const read = z.safeParse(whitelist, yaml.value);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw invalidFile(
      yaml.place(issue?.path ?? []),
      'is not valid in a whitelist of clair-scanner or Klar: general and images must have lists of vulnerabilities',
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
    // In a whitelist, an asterisk is not a wildcard.
    id: id.replaceAll('*', ''),
    reason: typeof note === 'string' && note.trim() !== '' ? note.trim() : 'it is in the whitelist',
    place: yaml.place([...path, key]),
  }));
}
