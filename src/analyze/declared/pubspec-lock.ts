import * as z from 'zod/mini';
import {
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  fromElsewhere,
  readEntries,
} from './declared-format.ts';
import { readBlockYaml, tableSchema } from './documents.ts';

const lockSchema = z.object({ packages: z.optional(z.union([tableSchema, z.literal('')])) });

const packageSchema = z.object({ source: z.optional(z.string()), version: z.string() });

/** Lock files of Dart. Packages of the SDK have no version of their own, and those of a path are the project itself. */
export const pubspecLock: DeclaredFormat = {
  name: 'pubspec-lock',
  type: 'pub',
  files: ['pubspec.lock'],
  *read(content) {
    for (const { packages } of readBlockYaml(content, lockSchema))
      if (typeof packages === 'object')
        yield* readEntries(Object.entries(packages), packageSchema, packageItems);
  },
};

function* packageItems(
  { source, version }: z.output<typeof packageSchema>,
  name: string,
): Generator<DeclaredItem> {
  if (source === 'path') return;
  yield source === 'sdk' ? fromElsewhere(name, 'the SDK') : declaredPackage(name, version);
}
