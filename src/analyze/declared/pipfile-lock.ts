import * as z from 'zod/mini';
import {
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  fromElsewhere,
  inexact,
  readEntries,
} from './declared-format.ts';
import { readJson, tableSchema } from './documents.ts';

/** One table of packages for each category, and `_meta`. */
const lockSchema = z.record(z.string(), tableSchema);

const packageSchema = z.object({
  version: z.optional(z.string()),
  git: z.optional(z.string()),
  file: z.optional(z.string()),
  path: z.optional(z.string()),
});

/** Lock files of Pipenv. */
export const pipfileLock: DeclaredFormat = {
  name: 'pipfile-lock',
  type: 'pypi',
  files: ['Pipfile.lock'],
  *read(content) {
    for (const [category, packages] of Object.entries(readJson(content, lockSchema)))
      if (category !== '_meta') yield* readEntries(Object.entries(packages), packageSchema, packageItems);
  },
};

function* packageItems(
  { version, git, file, path }: z.output<typeof packageSchema>,
  name: string,
): Generator<DeclaredItem> {
  const origin = git ?? file;
  if (version?.startsWith('==')) yield declaredPackage(name, version.replace(/^={2,3}\s*/, ''));
  else if (origin !== undefined) yield fromElsewhere(name, origin);
  else if (path === undefined) yield inexact(name, version ?? '');
}
