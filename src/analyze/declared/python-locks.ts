import * as z from 'zod/mini';
import {
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  inexact,
  readEntries,
} from './declared-format.ts';
import { listSchema, readToml } from './documents.ts';

const lockSchema = z.object({
  /** Of Poetry, PDM and uv. */
  package: z.optional(listSchema),
  /** Of pylock.toml (PEP 751). */
  packages: z.optional(listSchema),
});

const packageSchema = z.object({
  name: z.string(),
  version: z.optional(z.string()),
  /** Of Poetry, with a `type`, and of uv, with a member named after the type. */
  source: z.optional(z.record(z.string(), z.unknown())),
  /** Of PDM: a directory of the project. */
  path: z.optional(z.string()),
  /** Of pylock.toml. */
  directory: z.optional(z.unknown()),
});

type LockedPackage = z.output<typeof packageSchema>;

/** Lock files of Python's tools, which all are TOML with one table for each package. */
export const pythonLocks: DeclaredFormat = {
  name: 'python-lock',
  type: 'pypi',
  files: ['poetry.lock', 'pdm.lock', 'uv.lock', 'pylock.toml'],
  *read(content) {
    const { package: ofTools = [], packages = ofTools } = readToml(content, lockSchema);
    yield* readEntries(
      packages.map((entry, i) => [`package ${i + 1}`, entry] as const),
      packageSchema,
      packageItems,
    );
  },
};

function* packageItems(locked: LockedPackage): Generator<DeclaredItem> {
  const { name, version } = locked;
  if (isOwnDirectory(locked)) return;
  yield version === undefined ? inexact(name, '') : declaredPackage(name, version);
}

/** Returns whether a package is a directory of the project itself. */
function isOwnDirectory({ source = {}, path, directory }: LockedPackage): boolean {
  if (source['type'] === 'directory' || directory !== undefined) return true;
  if (path !== undefined && !/\.(?:whl|zip|tar\.gz)$/.test(path)) return true;
  return ['virtual', 'editable', 'directory'].some((type) => Object.hasOwn(source, type));
}
