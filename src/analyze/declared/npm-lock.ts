import * as z from 'zod/mini';
import { hashesInMember, type PackageHash } from '../../model/package-hash.ts';
import {
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  fromElsewhere,
  inexact,
  readEntries,
} from './declared-format.ts';
import { readJson, tableSchema } from './documents.ts';
import { aliasedPackage, isNpmVersion } from './npm-names.ts';

const lockSchema = z.object({
  packages: z.optional(tableSchema),
  dependencies: z.optional(tableSchema),
});

const packageSchema = z.object({
  name: z.optional(z.string()),
  version: z.optional(z.string()),
  resolved: z.optional(z.unknown()),
  integrity: z.optional(z.unknown()),
  link: z.optional(z.boolean()),
});

const dependencySchema = z.object({
  version: z.string(),
  integrity: z.optional(z.unknown()),
  dependencies: z.optional(tableSchema),
});

const moduleDirectory = 'node_modules/';

/** Lock files of npm: `packages` by path since npm 7, a tree of `dependencies` before. */
export const npmLock: DeclaredFormat = {
  name: 'npm-lock',
  type: 'npm',
  files: ['package-lock.json', 'npm-shrinkwrap.json'],
  *read(content) {
    const { packages, dependencies = {} } = readJson(content, lockSchema);
    if (packages === undefined) yield* dependencyItems(dependencies);
    else yield* readEntries(Object.entries(packages), packageSchema, packageItems);
  },
};

/** Yields the package at a path. Other directories than `node_modules` are workspaces of the project itself. */
function* packageItems(
  { name, version, resolved, integrity, link = false }: z.output<typeof packageSchema>,
  path: string,
): Generator<DeclaredItem> {
  const directory = path.lastIndexOf(moduleDirectory);
  if (directory === -1 || link) return;
  const packageName = name ?? path.slice(directory + moduleDirectory.length);
  if (version !== undefined) yield declaredPackage(packageName, version, hashesInMember(integrity));
  else if (typeof resolved === 'string') yield fromElsewhere(packageName, resolved);
  else yield inexact(packageName, '');
}

/** Yields a tree of dependencies. Its depth is limited by that of the document. */
function* dependencyItems(dependencies: Readonly<Record<string, unknown>>): Generator<DeclaredItem> {
  yield* readEntries(
    Object.entries(dependencies),
    dependencySchema,
    function* ({ version, integrity, dependencies: nested }, name) {
      yield dependencyItem(name, version, hashesInMember(integrity));
      if (nested !== undefined) yield* dependencyItems(nested);
    },
  );
}

/** The version of a dependency may be an alias, `npm:name@1.0.0`, or a URL. */
function dependencyItem(name: string, version: string, hashes: readonly PackageHash[]): DeclaredItem {
  const alias = aliasedPackage(version);
  if (alias !== undefined) return declaredPackage(alias.name, alias.version, hashes);
  return isNpmVersion(version) ? declaredPackage(name, version, hashes) : fromElsewhere(name, version);
}
