import * as z from 'zod/mini';
import { isPattern } from '../plugin/layer-files.ts';
import type { Plugin } from '../plugin/plugin.ts';

const name = z
  .string('has to be a text')
  .check(z.regex(/^[a-z][a-z\d-]{0,63}$/, 'has to be of small letters, digits and hyphens'));
const version = z.int('has to be a whole number').check(z.minimum(1, 'has to be at least 1'));
const pattern = z
  .string('has to be a text')
  .check(
    z.refine(
      isPattern,
      'has to be a path without a leading slash, at most with a * at the beginning of its last part or in place of the one before',
    ),
  );
const callable = z.custom<() => unknown>((value) => typeof value === 'function', 'has to be a function');
const namespace = z.object({ name, versionScheme: name });
const names = z.array(z.string('has to be a text'), 'has to be a list');
const wants = z.array(pattern, 'has to be a list of paths').check(z.minLength(1, 'has to name a path'));

const isObject = 'has to be an object that keeps the contract';
const kinds = {
  detectors: z.looseObject({ name, version, wants, detect: callable }, isObject),
  listers: z.looseObject(
    {
      ...{ name, version, wants, list: callable },
      ecosystem: z.optional(namespace),
      versionScheme: z.optional(name),
    },
    isObject,
  ),
  schemes: z.looseObject({ name, key: callable, compare: callable, after: callable }, isObject),
  sources: z.looseObject(
    { name, version, feeds: names, feedsFor: callable, fetch: callable, parse: callable },
    isObject,
  ),
  enrichers: z.looseObject({ name, version, feeds: names, fetch: callable, parse: callable }, isObject),
  formats: z.looseObject({ name, mediaType: z.string('has to be a text'), write: callable }, isObject),
  transports: z.looseObject({ name, deliver: callable }, isObject),
};

const pluginSchema = z.strictObject(
  {
    name,
    version: z.string('has to be a text').check(z.minLength(1, 'has to be there')),
    ...(Object.fromEntries(
      Object.entries(kinds).map(([kind, schema]) => [kind, z.optional(z.array(schema, 'has to be a list'))]),
    ) as Record<string, z.ZodMiniType>),
  },
  'the module has to export an object named plugin',
);

/** What a module exports as `plugin`, if it is one. Throws an error that tells its author what to mend, and where. */
export function validatePlugin(exported: unknown): Plugin {
  const { success, error } = pluginSchema.safeParse(exported);
  if (!success) throw new Error(error.issues.map(issueText).join('; '));
  const plugin = exported as Plugin;
  if (!Object.keys(kinds).some((kind) => kind in plugin))
    throw new Error(`it brings nothing: one of ${Object.keys(kinds).join(', ')} has to be there`);
  return plugin;
}

/** `listers[0].wants has to be a list of paths` */
function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `${issue.keys.join(', ')} is nothing that a plugin brings; there are ${Object.keys(kinds).join(', ')}`;
  const location = issue.path.map((part, i) =>
    typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`,
  );
  return location.length === 0 ? issue.message : `${location.join('')} ${issue.message}`;
}
