import type { Image } from '../image/image.ts';
import { openImage } from '../image/open-image.ts';
import { feedsOf } from '../service/choose-feeds.ts';
import { type IndexedImage, indexImage } from '../service/index-image.ts';
import { type AssessedReport, matchImage } from '../service/match-image.ts';
import { retention } from '../service/retention.ts';
import { type FeedOutcome, updateFeeds } from '../service/update-feeds.ts';
import { type DatabaseOptions, openRoom, type Room, staleAfterMs } from './room.ts';

/** Options of the commands that read an image. */
export interface ImageOptions extends DatabaseOptions {
  readonly platform?: string;
  readonly verify?: boolean;
}

/** What is vulnerable in an image: reads what is not known of it, and fetches the advisories that speak of it. */
export async function assess(target: string, options: ImageOptions): Promise<AssessedReport> {
  const image = await openImage(target, options);
  await using room = await openRoom(options);
  const indexed = await index(image, room, options);
  const outcomes = await refresh(indexed, room);
  return await report(image, indexed, { room, outcomes });
}

/** What an image is made of. Fetches nothing. */
export async function list(target: string, options: ImageOptions): Promise<AssessedReport> {
  const image = await openImage(target, options);
  await using room = await openRoom({ ...options, offline: true });
  const indexed = await index(image, room, options);
  return await report(image, indexed, { room, outcomes: [] });
}

function index(image: Image, room: Room, { verify = false }: ImageOptions): Promise<IndexedImage> {
  return indexImage(image, {
    ...room,
    verify,
    onProgress: (text) => {
      room.progress.show(text);
    },
  });
}

/** Brings up to date what speaks of the image, and nothing else. */
async function refresh(image: IndexedImage, { extensions, store, updating }: Room): Promise<FeedOutcome[]> {
  if (updating === undefined) return [];
  const feeds = image.namespaces.flatMap((namespace) => feedsOf(namespace, extensions.sources));
  const outcomes = await updateFeeds(feeds, updating);
  await store.collect(retention);
  return outcomes;
}

async function report(
  image: Image,
  indexed: IndexedImage,
  { room, outcomes }: { readonly room: Room; readonly outcomes: readonly FeedOutcome[] },
): Promise<AssessedReport> {
  return await matchImage(image.target, indexed, { ...room, outcomes, now: () => new Date(), staleAfterMs });
}
