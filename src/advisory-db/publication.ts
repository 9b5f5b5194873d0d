import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Digest } from '../model/digest.ts';
import type { Catalogue } from './documents.ts';
import { damaged, inlineContent, parseCatalogue, parseDatabaseManifest, verified } from './manifest.ts';
import type { DatabasePlace, PlaceManifest } from './place.ts';
import type { EarlierShard, PublicationCache, PublicationState } from './publication-cache.ts';
import { isCached, touchShard } from './shard-cache.ts';
import type { Trust, TrustPolicy } from './trust-policy.ts';

/** A version of a published database that may be used. */
export interface Publication {
  readonly place: DatabasePlace;
  /** The digest of its manifest. */
  readonly digest: Digest;
  readonly catalogue: Catalogue;
  readonly trust: Trust;
  /** Shards of earlier versions that are in the cache, by namespace. */
  readonly earlier: Readonly<Record<string, EarlierShard>>;
  /** Why the place could not be asked; the version is the last one that was accepted. Undefined if it is the current one. */
  readonly failure: ClairError | undefined;
  /** Whether this process has found a version that the cache did not have. */
  readonly isNew: boolean;
}

/** A place, and the version of its database to use: the current one if there is no digest. */
export interface PinnedPlace {
  readonly place: DatabasePlace;
  readonly digest: Digest | undefined;
}

/** Dependencies of `openPublication`. */
export interface OpenPublicationDeps {
  /** The cache directory. */
  readonly cache: string;
  readonly publications: PublicationCache;
  readonly policy: TrustPolicy;
  readonly now: () => Date;
  /** Whether only directories of this machine are asked. */
  readonly isOffline: boolean;
  /** Runs work while no other process runs work of this name. */
  readonly exclusively: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/** Age from which a place on the network is asked again. */
const askAgainAfterMs = 2 * 3_600_000;

/**
 * Opens the published database of a place: the current version, or else the last one that was accepted. Throws `feed-unavailable` or
 * `feed-corrupt` if there is neither.
 */
export async function openPublication(pinned: PinnedPlace, deps: OpenPublicationDeps): Promise<Publication> {
  const known = readKnown(pinned, deps);
  if (known !== undefined && isSettled(known.state, pinned, deps)) return known.publication;
  if (pinned.place.isLocal) return await askPlace(pinned, known, deps);
  if (deps.isOffline)
    return withFailure(
      known,
      new ClairError('feed-unavailable', `${pinned.place.name} was not asked: --offline`),
    );
  return await deps.exclusively(`the catalogue of ${pinned.place.name}`, async () => {
    const latest = readKnown(pinned, deps);
    return latest !== undefined && isSettled(latest.state, pinned, deps)
      ? latest.publication
      : await askPlace(pinned, latest, deps);
  });
}

interface KnownPublication {
  readonly state: PublicationState;
  readonly compressed: Buffer;
  readonly publication: Publication;
}

function readKnown(
  { place, digest }: PinnedPlace,
  { publications, policy }: OpenPublicationDeps,
): KnownPublication | undefined {
  const found = [policy.id, policy.stricterId]
    .flatMap((id) => (id === undefined ? [] : (publications.read(keyOf(place, digest, { id })) ?? [])))
    .reduce<ReturnType<PublicationCache['read']>>(laterChecked, undefined);
  if (found === undefined) return undefined;
  const { state, catalogue: compressed } = found;
  const catalogue = parseCatalogue(`the cache of ${place.name}`, compressed);
  const { trust, earlier } = state;
  const publication = {
    place,
    digest: state.digest,
    catalogue,
    trust,
    earlier,
    failure: undefined,
    isNew: false,
  };
  return { state, compressed, publication };
}

/** Returns the version that its place confirmed later. */
function laterChecked<T extends { readonly state: PublicationState }>(a: T | undefined, b: T): T {
  return a !== undefined && Date.parse(a.state.checkedAt) >= Date.parse(b.state.checkedAt) ? a : b;
}

function keyOf({ name }: DatabasePlace, digest: Digest | undefined, { id }: Pick<TrustPolicy, 'id'>): string {
  return [name, digest ?? '', id].join('\n');
}

/** Whether a place need not be asked: a digest names one version for ever, and a place on the network was asked a short time ago. */
function isSettled(
  { checkedAt }: PublicationState,
  { place, digest }: PinnedPlace,
  { now }: OpenPublicationDeps,
): boolean {
  if (digest !== undefined) return true;
  const ageMs = now().getTime() - Date.parse(checkedAt);
  return !place.isLocal && ageMs >= 0 && ageMs < askAgainAfterMs;
}

function withFailure(known: KnownPublication | undefined, failure: ClairError): Publication {
  if (known === undefined) throw failure;
  return { ...known.publication, failure };
}

async function askPlace(
  pinned: PinnedPlace,
  known: KnownPublication | undefined,
  deps: OpenPublicationDeps,
): Promise<Publication> {
  try {
    const { place, digest } = pinned;
    const answer = await place.readManifest({
      ...(digest !== undefined && { digest }),
      ...(known !== undefined && { known: known.state }),
    });
    if (answer !== 'unchanged') return await accept(pinned, answer, { ...deps, known });
    if (known === undefined) throw damaged(place.name, 'it answers that nothing has changed since nothing');
    if (!place.isLocal) await confirm(pinned, known, deps);
    return known.publication;
  } catch (error) {
    if (!isFailureOfPlace(error)) throw error;
    return withFailure(known, error);
  }
}

/** Whether another place, or the cache, may still answer. */
export function isFailureOfPlace(error: unknown): error is ClairError {
  return error instanceof ClairError && (error.code === 'feed-unavailable' || error.code === 'feed-corrupt');
}

/** Whether a file of the cache cannot be written, such as on a full disk. */
export function isUnwritable(error: unknown): error is ClairError {
  return error instanceof ClairError && error.code === 'output-failed';
}

async function confirm(
  { place, digest }: PinnedPlace,
  { state, compressed }: KnownPublication,
  deps: OpenPublicationDeps,
): Promise<void> {
  const confirmed = { ...state, checkedAt: deps.now().toISOString() };
  await keep(keyOf(place, digest, deps.policy), confirmed, compressed, deps);
}

/** Keeps a version in the cache. If that cannot be written, the place is asked again next time. */
async function keep(
  key: string,
  state: PublicationState,
  catalogue: Buffer,
  { publications }: OpenPublicationDeps,
): Promise<void> {
  try {
    await publications.write(key, state, catalogue);
  } catch (error) {
    if (!isUnwritable(error)) throw error;
  }
}

interface AcceptDeps extends OpenPublicationDeps {
  readonly known: KnownPublication | undefined;
}

/** Checks a new version, and keeps its catalogue in the cache. */
async function accept(
  { place, digest: pin }: PinnedPlace,
  { bytes, digest, fingerprint }: PlaceManifest,
  { known, ...deps }: AcceptDeps,
): Promise<Publication> {
  const { cache, policy, now } = deps;
  const location = place.locate(digest);
  verified(location, bytes, { digest: pin ?? digest, size: bytes.length });
  const manifest = parseDatabaseManifest(location, bytes);
  const compressed = await catalogueOf(place, location, manifest.catalogue);
  const { trustDocuments } = manifest;
  const isPinned = pin !== undefined;
  const trust = await policy.check({ place, digest, isPinned, trustDocuments, catalogue: compressed });
  const catalogue = parseCatalogue(location, compressed);
  const earlier =
    known === undefined ? {} : earlierShards(known.publication, catalogue, { cache, now: now() });
  const state: PublicationState = {
    checkedAt: now().toISOString(),
    digest,
    fingerprint,
    trust,
    earlier,
    catalogue: { digest: manifest.catalogue.digest, size: compressed.length },
  };
  await keep(keyOf(place, pin, policy), state, compressed, deps);
  return { place, digest, catalogue, trust, earlier, failure: undefined, isNew: true };
}

async function catalogueOf(
  place: DatabasePlace,
  location: string,
  layer: Parameters<typeof inlineContent>[1],
): Promise<Buffer> {
  const inline = inlineContent(location, layer);
  if (inline !== undefined) return inline;
  if (layer.size > limits.catalogueBytes)
    throw damaged(location, `its catalogue has ${layer.size} bytes, more than ${limits.catalogueBytes}`);
  return verified(place.locate(layer.digest), await place.readBlob(layer), layer);
}

/** Returns the shards in the cache that the catalogue before named and the new one does not. They stay in the cache. */
function earlierShards(
  { catalogue: before, earlier }: Publication,
  { shards }: Catalogue,
  { cache, now }: { readonly cache: string; readonly now: Date },
): Record<string, EarlierShard> {
  const { keys, ratings } = before;
  const named = Object.entries(before.shards).map(
    ([name, shard]) => [name, { shard, keys, ratings }] as const,
  );
  const kept = Object.fromEntries(
    [...Object.entries(earlier), ...named].filter(
      ([name, { shard }]) => shards[name]?.digest !== shard.digest && isCached(cache, shard),
    ),
  );
  for (const { shard } of Object.values(kept)) touchShard(cache, shard, now);
  return kept;
}
