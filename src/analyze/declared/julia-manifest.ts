import * as z from 'zod/mini';
import {
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  inexact,
  readEntries,
} from './declared-format.ts';
import { listSchema, readToml, tableSchema } from './documents.ts';

const manifestSchema = z.intersection(tableSchema, z.object({ manifest_format: z.optional(z.string()) }));

const packageSchema = z.object({
  version: z.optional(z.string()),
  /** Absent for packages that Julia includes. */
  'git-tree-sha1': z.optional(z.string()),
  /** A directory of the project itself. */
  path: z.optional(z.string()),
});

/** Manifests of Julia. Format 2 has the packages below `deps`, format 1 at the top. */
export const juliaManifest: DeclaredFormat = {
  name: 'julia-manifest',
  type: 'julia',
  files: ['Manifest.toml', 'JuliaManifest.toml'],
  *read(content) {
    const manifest = readToml(content, manifestSchema);
    const packages = manifest.manifest_format === undefined ? manifest : (manifest['deps'] ?? {});
    for (const [name, list] of Object.entries(tableSchema.parse(packages)))
      if (Array.isArray(list))
        yield* readEntries(
          listSchema.parse(list).map((entry) => [name, entry] as const),
          packageSchema,
          packageItems,
        );
  },
};

function* packageItems(entry: z.output<typeof packageSchema>, name: string): Generator<DeclaredItem> {
  const { version, 'git-tree-sha1': tree, path } = entry;
  if (version !== undefined) yield declaredPackage(name, version);
  else if (tree !== undefined && path === undefined) yield inexact(name, '');
}
