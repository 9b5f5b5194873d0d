import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { HttpPlace } from '../advisory-db/http-place.ts';
import { findDatabase } from '../advisory-db/layout.ts';
import type { DatabasePlace } from '../advisory-db/place.ts';
import {
  PublishedPlaces,
  type PublishedPlacesDeps,
  type ShardLookup,
} from '../advisory-db/published-places.ts';
import type { TrustPolicy } from '../advisory-db/trust-policy.ts';
import { sha256Of } from '../kit/sha256.ts';
import { incompressibleBytes, type LayoutServer, publishFiles, serveLayout } from './published-layout.ts';
import { temporaryDirectory } from './shard-files.ts';

/** The first version of `debian:12`. */
export const first = incompressibleBytes(40_000, 'first');
/** Another version of `debian:12`, which differs little. */
export const second = Buffer.concat([first.subarray(0, 9000), Buffer.from('a change'), first.subarray(9000)]);
/** The content of `npm`. */
export const other = incompressibleBytes(20_000, 'other');

/** Accepts every place, as a policy with signatures does. */
export const anyPlace: TrustPolicy = {
  id: 'test',
  requirePlace: () => undefined,
  check: async () => 'signed',
};

/** The time of the scene, in milliseconds. */
export const sceneMs = Date.parse('2026-11-27T07:00:00Z');
/** One hour in milliseconds. */
export const hourMs = 3_600_000;

/** A published database on a web server, and a cache directory. */
export interface PublishedScene {
  /** The published directory. */
  readonly directory: string;
  readonly cache: string;
  readonly server: LayoutServer;
  readonly place: DatabasePlace;
  /** Looks for a namespace as a new process would. */
  readonly find: (
    name?: string,
    options?: Partial<PublishedPlacesDeps> & { afterMs?: number },
  ) => Promise<ShardLookup>;
}

/** Publishes `first` for `debian:12` and `other` for `npm` on a web server. `more` are asked after it. */
export async function publishedScene(
  context: TestContext,
  more: readonly DatabasePlace[] = [],
): Promise<PublishedScene> {
  const directory = temporaryDirectory(context);
  const cache = temporaryDirectory(context);
  await publishFiles(directory, { 'debian:12': first, npm: other });
  const server = await serveLayout(context, directory);
  const place = placeAt(server.url);
  const find: PublishedScene['find'] = async (name = 'debian:12', { afterMs = 0, ...deps } = {}) =>
    await new PublishedPlaces(
      [place, ...more].map((one) => ({ place: one, digest: undefined })),
      { ...placesDeps(cache, afterMs), ...deps },
    ).find(name);
  return { directory, cache, server, place, find };
}

/** Returns dependencies of places at a time after that of the scene. */
export function placesDeps(cache: string, afterMs = 0): PublishedPlacesDeps {
  return {
    cache,
    policy: anyPlace,
    isOffline: false,
    onProgress: () => undefined,
    now: () => new Date(sceneMs + afterMs),
    exclusively: (_name, work) => work(),
  };
}

/** Returns the place at the URL of a server. */
export function placeAt(url: string): DatabasePlace {
  return new HttpPlace(new URL(`${url}/`), { insecureHosts: new Set(), sleep: async () => undefined });
}

/** Returns the paths of the requests since the last call. */
export function requestsTo(server: LayoutServer): string[] {
  return server.requests
    .splice(0)
    .map(({ path, range }) => (range === undefined ? path : `${path} ${range}`));
}

/** Returns `first`, `second` or `other`, whichever the file is that was found, or else its digest. A difference of bytes cannot be shown. */
export function contentOf({ found }: ShardLookup): string {
  const bytes = readFileSync(found?.path ?? assert.fail());
  const same = Object.entries({ first, second, other }).find(([, content]) => content.equals(bytes));
  return same?.[0] ?? sha256Of(bytes);
}

/** Returns the path of the file of a namespace on the server. */
export function blobOf({ directory }: PublishedScene, name = 'debian:12'): string {
  const { blob } = findDatabase(directory)?.catalogue.shards[name] ?? assert.fail();
  return `blobs/sha256/${blob.digest.slice('sha256:'.length)}`;
}
