import * as z from 'zod/mini';
import { packageHashOf } from '../../model/package-hash.ts';
import {
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  fromElsewhere,
  readEntries,
} from './declared-format.ts';
import { listSchema, readToml } from './documents.ts';

const lockSchema = z.object({ package: z.optional(listSchema) });

const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  source: z.optional(z.string()),
  checksum: z.optional(z.unknown()),
});

/** Lock files of Cargo. Packages without a source are the project itself. */
export const cargoLock: DeclaredFormat = {
  name: 'cargo-lock',
  type: 'cargo',
  files: ['Cargo.lock'],
  *read(content) {
    const { package: packages = [] } = readToml(content, lockSchema);
    yield* readEntries(
      packages.map((entry, i) => [`package ${i + 1}`, entry] as const),
      packageSchema,
      packageItems,
    );
  },
};

function* packageItems({
  name,
  version,
  source,
  checksum,
}: z.output<typeof packageSchema>): Generator<DeclaredItem> {
  if (source === undefined) return;
  const isRegistry = source.startsWith('registry+') || source.startsWith('sparse+');
  const hash = typeof checksum === 'string' ? packageHashOf('sha256', checksum) : undefined;
  const hashes = hash === undefined ? [] : [hash];
  yield isRegistry ? declaredPackage(name, version, hashes) : fromElsewhere(name, source);
}
