import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import type { Fix } from '../../../model/fix.ts';
import { severities } from '../../../model/severity.ts';
import type { FoundPackage } from '../../../store/finding-count-store.ts';
import type { ImageLabel } from '../../../store/finding-index-store.ts';
import { integerParameter } from '../native/query.ts';

const rowsPerPage = 100;

/** The parameter `limit` of a list. */
export const limitParameter: z.ZodMiniType<number> = z._default(
  integerParameter(1, limits.affectedPerPage),
  rowsPerPage,
);

/** A parameter with any text, at most once. */
export const textParameter: z.ZodMiniType<string | undefined> = z.optional(
  z.string('must be given once').check(z.maxLength(limits.imageNameCharacters)),
);

/** The name of one repository. The ages of findings have patterns, so a pattern is refused rather than found nowhere. */
export const repositoryParameter: z.ZodMiniType<string | undefined> = z.optional(
  z.string('must be given once').check(
    z.maxLength(limits.imageNameCharacters),
    z.refine((name) => !name.includes('*'), 'must be the name of one repository, without *'),
  ),
);

/** A parameter that is `true` or `false`. */
export const flagParameter: z.ZodMiniType<boolean | undefined> = z.optional(
  z.pipe(
    z.enum(['true', 'false'], 'must be true or false'),
    z.transform((value) => value === 'true'),
  ),
);

/** The parameters of lists that filter by findings. */
export const findingParameters: {
  readonly severity: z.ZodMiniType<(typeof severities)[number] | undefined>;
  readonly fixable: z.ZodMiniType<boolean | undefined>;
  readonly exploited: z.ZodMiniType<boolean | undefined>;
} = {
  severity: z.optional(z.enum(severities, `must be one of ${severities.join(', ')}`)),
  fixable: flagParameter,
  exploited: flagParameter,
};

/** Returns the label of `KEY` or `KEY=VALUE`. */
export function labelOf(text: string): ImageLabel {
  const at = text.indexOf('=');
  return at < 0 ? { key: text } : { key: text.slice(0, at), value: text.slice(at + 1) };
}

/** Returns a label as `KEY` or `KEY=VALUE`. */
export function labelText({ key, value }: ImageLabel): string {
  return value === undefined ? key : `${key}=${value}`;
}

/** Returns a package as lists of `/api/v1` show it. */
export function toPackageJson({ type, name, version, purl, source, lookupName }: FoundPackage): object {
  return { type, name, version, purl, source, lookupName };
}

/** Returns the fixed version of a fix for CSV. Null for other fixes. */
export function fixedVersionOf(fix: Fix): string | null {
  return fix.state === 'fixed' ? fix.version : null;
}
