import * as z from 'zod/mini';
import { hashesOfDist } from '../language/php/installed-json.ts';
import {
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  inexact,
  readEntries,
} from './declared-format.ts';
import { listSchema, readJson } from './documents.ts';

const lockSchema = z.object({ packages: z.optional(listSchema), 'packages-dev': z.optional(listSchema) });

const packageSchema = z.object({ name: z.string(), version: z.string(), dist: z.optional(z.unknown()) });

/** Lock files of Composer. */
export const composerLock: DeclaredFormat = {
  name: 'composer-lock',
  type: 'composer',
  files: ['composer.lock'],
  *read(content) {
    const { packages = [], 'packages-dev': development = [] } = readJson(content, lockSchema);
    const entries = [...packages, ...development].map((entry, i) => [`package ${i + 1}`, entry] as const);
    yield* readEntries(entries, packageSchema, packageItems);
  },
};

/** A branch, `dev-main` or `1.x-dev`, has no version that could be compared. `1.0.0-dev` has one. */
function* packageItems({ name, version, dist }: z.output<typeof packageSchema>): Generator<DeclaredItem> {
  const isBranch = version.startsWith('dev-') || version.endsWith('x-dev');
  yield isBranch ? inexact(name, version) : declaredPackage(name, version, hashesOfDist(dist));
}
