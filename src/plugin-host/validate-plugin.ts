import * as z from 'zod/mini';
import { isAnyDepth, isPattern } from '../plugin/layer-files.ts';
import { programParts } from '../plugin/package-lister.ts';
import type { Plugin } from '../plugin/plugin.ts';

const name = z
  .string('must be a string')
  .check(
    z.regex(
      /^[a-z][a-z\d-]{0,63}$/,
      'must consist of lower-case letters, digits and hyphens, and begin with a letter',
    ),
  );
const version = z.int('must be an integer').check(z.minimum(1, 'must be at least 1'));
const fixedPlace =
  'must be a path without a leading slash, with a * only at the start of the last segment or in place of the one before it';
const pattern = z
  .string('must be a string')
  .check(
    z.refine(
      isPattern,
      `${fixedPlace}; or **/ and one to five names, the last with two characters besides its *`,
    ),
  );
const fixedPattern = z
  .string('must be a string')
  .check(z.refine((text) => isPattern(text) && !isAnyDepth(text), `${fixedPlace}; **/ is for listers only`));
const callable = z.custom<() => unknown>((value) => typeof value === 'function', 'must be a function');
const namespaceName = z
  .string('must be a string')
  .check(
    z.regex(
      /^[a-z][a-z\d-]{0,63}(?::[a-z\d.]{1,32})?$/,
      'must consist of lower-case letters, digits and hyphens, and begin with a letter; a release may follow a colon',
    ),
  );
const namespace = z.object({ name: namespaceName, versionScheme: name });
const names = z.array(z.string('must be a string'), 'must be an array');
const wants = z
  .array(fixedPattern, 'must be an array of paths')
  .check(z.minLength(1, 'must have at least one path'));

const isObject = 'must be an object with the members of the contract';
const kinds = {
  detectors: z.looseObject({ name, version, wants, detect: callable }, isObject),
  listers: z
    .looseObject(
      {
        name,
        version,
        wants: z.array(pattern, 'must be an array of paths'),
        list: callable,
        ecosystem: z.optional(namespace),
        versionScheme: z.optional(name),
        purlSeparator: z.optional(z.enum(['/', ':'], 'must be / or :')),
        programParts: z.optional(z.array(z.enum(programParts, `must be one of ${programParts.join(', ')}`))),
        listProgram: z.optional(callable),
      },
      isObject,
    )
    .check(
      z.refine(({ wants: paths, programParts: parts = [] }) => paths.length + parts.length > 0, {
        path: ['wants'],
        message: 'must have at least one path, or `programParts` at least one part',
      }),
      z.refine((lister) => (lister.programParts === undefined) === (lister.listProgram === undefined), {
        path: ['listProgram'],
        message: 'and `programParts` need each other',
      }),
    ),
  schemes: z.looseObject({ name, key: callable, compare: callable, after: z.optional(callable) }, isObject),
  sources: z.looseObject(
    { name, version, feeds: names, feedsFor: callable, fetch: callable, parse: callable },
    isObject,
  ),
  enrichers: z.looseObject({ name, version, feeds: names, fetch: callable, parse: callable }, isObject),
  formats: z.looseObject({ name, mediaType: z.string('must be a string'), write: callable }, isObject),
  transports: z.looseObject({ name, deliver: callable }, isObject),
};

const pluginSchema = z.strictObject(
  {
    name,
    version: z.string('must be a string').check(z.minLength(1, 'must not be empty')),
    ...(Object.fromEntries(
      Object.entries(kinds).map(([kind, schema]) => [kind, z.optional(z.array(schema, 'must be an array'))]),
    ) as Record<string, z.ZodMiniType>),
  },
  'the module must export an object named plugin',
);

/** Returns the export `plugin` of a module if it is valid. Throws an error with all problems and their locations. */
export function validatePlugin(exported: unknown): Plugin {
  const { success, error } = pluginSchema.safeParse(exported);
  if (!success) throw new Error(error.issues.map(issueText).join('; '));
  const plugin = exported as Plugin;
  if (!Object.keys(kinds).some((kind) => kind in plugin))
    throw new Error(`it provides no extensions: add at least one of ${Object.keys(kinds).join(', ')}`);
  return plugin;
}

/** Formats an issue: `listers[0].wants must be an array of paths`. */
function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `unknown key ${issue.keys.join(', ')}; a plugin has name, version, ${Object.keys(kinds).join(', ')}`;
  const location = issue.path.map((part, i) =>
    typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`,
  );
  return location.length === 0 ? issue.message : `${location.join('')} ${issue.message}`;
}
