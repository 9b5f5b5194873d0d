import * as z from 'zod/mini';
import { hashesInMember } from '../../model/package-hash.ts';
import {
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  fromElsewhere,
  readEntries,
} from './declared-format.ts';
import { readBlockYaml, tableSchema } from './documents.ts';
import { isNpmVersion, type NameAtVersion, splitAtVersion } from './npm-names.ts';

const lockSchema = z.object({
  lockfileVersion: z.string(),
  packages: z.optional(z.union([tableSchema, z.literal('')])),
});

const packageSchema = z.object({
  name: z.optional(z.string()),
  version: z.optional(z.string()),
  resolution: z.optional(z.object({ type: z.optional(z.string()), integrity: z.optional(z.unknown()) })),
});

/** Lock files of pnpm. A document before the last one has the packages of pnpm itself. */
export const pnpmLock: DeclaredFormat = {
  name: 'pnpm-lock',
  type: 'npm',
  files: ['pnpm-lock.yaml'],
  *read(content) {
    const document = readBlockYaml(content, lockSchema).at(-1);
    const packages = typeof document?.packages === 'object' ? document.packages : {};
    yield* readEntries(Object.entries(packages), packageSchema, packageItems);
  },
};

/** Yields the package of a key. Packages from elsewhere than a registry state their name and version in fields. */
function* packageItems(
  { name, version, resolution }: z.output<typeof packageSchema>,
  key: string,
): Generator<DeclaredItem> {
  if (resolution?.type === 'directory') return;
  const inKey = parseKey(key);
  const packageName = name ?? inKey?.name ?? key;
  const packageVersion = version ?? inKey?.version ?? '';
  if (isNpmVersion(packageVersion))
    yield declaredPackage(packageName, packageVersion, hashesInMember(resolution?.integrity));
  else yield fromElsewhere(packageName, packageVersion === '' ? key : packageVersion);
}

/**
 * Parses the key of a package: `/name/1.0.0_peer@2.0.0` before version 6 of the format, `/name@1.0.0(peer@2.0.0)` in it,
 * `name@1.0.0` since version 9. The host of a registry may precede the first slash.
 */
function parseKey(key: string): NameAtVersion | undefined {
  const plain = key.split('(', 1)[0] ?? '';
  const path = plain.includes(':') ? plain : withoutHost(plain);
  const split = splitAtVersion(path);
  // A name has one slash only after a scope, and a peer of the old format follows an underscore.
  if (split !== undefined && !hasVersionDirectory(split.name)) return split;
  const slash = withoutPeers(path).lastIndexOf('/');
  return slash <= 0
    ? undefined
    : { name: path.slice(0, slash), version: withoutPeers(path.slice(slash + 1)) };
}

function withoutHost(path: string): string {
  const slash = path.indexOf('/');
  const isHost =
    slash !== -1 &&
    !path.startsWith('@') &&
    path.slice(0, slash).includes('.') &&
    !path.slice(0, slash).includes('@');
  return slash === 0 || isHost ? path.slice(slash + 1) : path;
}

function hasVersionDirectory(name: string): boolean {
  return name.split('/').length > (name.startsWith('@') ? 2 : 1);
}

function withoutPeers(version: string): string {
  return version.split('_', 1)[0] ?? '';
}
