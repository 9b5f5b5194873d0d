import { directoryPlace } from '../advisory-db/directory-place.ts';
import { type DatabasePlace, type PlaceName, parsePlace } from '../advisory-db/place.ts';
import type { PinnedPlace } from '../advisory-db/publication.ts';
import {
  type TrustPolicy,
  type TrustWords,
  trustOptions,
  unsignedPolicy,
} from '../advisory-db/trust-policy.ts';
import { ClairError } from '../core/errors.ts';
import type { Digest } from '../model/digest.ts';
import { builtInRootFor } from './built-in-place.ts';
import { cacheDirectory } from './environment.ts';
import { type ConsoleOptions, type Progress, terminalProgress } from './progress.ts';
import { readInputFile } from './read-file.ts';

/** Options that name published databases. */
export interface PublishedOptions extends ConsoleOptions {
  /** Places of published databases, in the order in which they are asked. */
  readonly from?: readonly string[];
  /** The digest of the only version to accept. */
  readonly digest?: Digest;
  /** The file with the root of trust, which the publisher signs below. */
  readonly root?: string;
  /** Whether signatures may have expired, and advisories be out of date. */
  readonly acceptExpired?: boolean;
  /** How the user states what to trust; options of the command by default. */
  readonly words?: TrustWords;
}

/** Options of opening places. */
export interface PlaceOptions extends PublishedOptions {
  readonly offline?: boolean;
  /** Whether places on the network are asked although no feed is updated. */
  readonly asksPlaces?: boolean;
  readonly progress?: Progress;
}

/** Returns what a command trusts: a root of trust, or else directories of this machine and digests. Throws `usage`. */
export async function trustPolicyOf({
  from,
  root: named,
  acceptExpired = false,
  words = trustOptions,
}: PublishedOptions): Promise<TrustPolicy> {
  const builtIn = named === undefined ? builtInRootFor(from) : undefined;
  if (named === undefined && builtIn === undefined) return unsignedPolicy(words);
  const { requireRoot, signedPolicy } = await import('../advisory-db/trust/signed-policy.ts');
  const root =
    named === undefined
      ? builtIn
      : await readInputFile(named, { limit: 'trustDocumentBytes', code: 'usage' });
  return signedPolicy({
    root: requireRoot(named ?? 'the built-in root', root ?? Buffer.alloc(0)),
    cache: cacheDirectory(),
    now: () => new Date(),
    acceptsExpired: acceptExpired,
    words,
  });
}

/** The places of a command. */
export interface OpenedPlaces {
  readonly places: readonly PinnedPlace[];
  /** Whether the vendors are asked if no place delivers a namespace. */
  readonly asksVendors: boolean;
}

/** Opens the places of `--from`. Throws `usage` if one is malformed, or if a directory does not exist. */
export async function openPlaces({ from = [], digest, progress }: PlaceOptions): Promise<OpenedPlaces> {
  const names = from.map(parsePlace);
  const vendors = names.findIndex(({ kind }) => kind === 'vendors');
  if (vendors >= 0 && vendors < names.length - 1)
    throw new ClairError(
      'usage',
      '--from vendors must be the last place, because the vendors have everything',
    );
  const places: PinnedPlace[] = [];
  for (const name of names)
    if (name.kind !== 'vendors')
      places.push({
        place: await openPlace(name, progress ?? terminalProgress()),
        digest: name.digest ?? digest,
      });
  return { places, asksVendors: vendors >= 0 };
}

async function openPlace(
  name: Exclude<PlaceName, { readonly kind: 'vendors' }>,
  progress: Pick<Progress, 'transfer'>,
): Promise<DatabasePlace> {
  if (name.kind === 'directory') return directoryPlace(name.path);
  const { env } = process;
  const { registrySettings } = await import('../image/registry/settings.ts');
  const settings = registrySettings(env);
  if (name.kind === 'registry') return await openRegistryPlace(name.reference, env);
  const { applyCaEnv } = await import('../kit/http/http-environment.ts');
  (await import('../kit/http/proxies.ts')).useProxies(env);
  let isTlsPrepared = false;
  const { HttpPlace } = await import('../advisory-db/http-place.ts');
  return new HttpPlace(name.url, {
    insecureHosts: settings.insecure,
    prepareTls: () => {
      if (!isTlsPrepared) applyCaEnv(env);
      isTlsPrepared = true;
    },
    onProgress: (transfer) => {
      progress.transfer(transfer);
    },
  });
}

async function openRegistryPlace(reference: string, env: NodeJS.ProcessEnv): Promise<DatabasePlace> {
  const { parseReference } = await import('../image/registry/reference.ts');
  const { openRepository } = await import('../image/registry/open-registry-image.ts');
  const { withoutUnboundCredentials } = await import('../image/registry/find-credentials.ts');
  const { registryPlace } = await import('../advisory-db/registry-place.ts');
  const parsed = parseReference(reference);
  const hasTag = reference.lastIndexOf(':') > reference.lastIndexOf('/');
  const repository = openRepository(parsed, { env: withoutUnboundCredentials(env) });
  return registryPlace(repository, hasTag ? parsed.tag : undefined);
}
