import type { Image } from '../image/image.ts';
import { openImage } from '../image/open-image.ts';
import { onlyFixed, reaches } from '../match/policy.ts';
import type { Severity } from '../model/severity.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { feedsOf } from '../service/choose-feeds.ts';
import { type IndexedImage, indexImage } from '../service/index-image.ts';
import { type AssessedReport, matchImage } from '../service/match-image.ts';
import { retention } from '../service/retention.ts';
import { type FeedOutcome, updateFeeds } from '../service/update-feeds.ts';
import { displayFor, writeResult } from './output.ts';
import { type DatabaseOptions, openRoom, type Room, staleAfterMs } from './room.ts';

/** Options of the commands that read an image. */
export interface ImageOptions extends DatabaseOptions {
  readonly platform?: string;
  readonly verify?: boolean;
  readonly output?: string;
}

/** Options of `clair scan`. */
export interface ScanOptions extends ImageOptions {
  readonly format: ReportFormat;
  readonly failOn?: Severity;
  readonly onlyFixed?: boolean;
}

/** `clair scan`: what is vulnerable in an image. Answers the exit status. */
export async function scan(target: string, options: ScanOptions): Promise<number> {
  const { report, isAssessed } = await assess(target, options);
  const shown = options.onlyFixed ? onlyFixed(report) : report;
  writeResult(options.format.write(shown, displayFor(options.output)), options.output);
  if (options.failOn === undefined) return 0;
  if (reaches(shown, options.failOn)) return 1;
  return isAssessed ? 0 : 4;
}

async function assess(target: string, options: ImageOptions): Promise<AssessedReport> {
  const image = await openImage(target, options);
  await using room = await openRoom(options);
  const indexed = await index(image, room, options);
  const outcomes = await refresh(indexed, room);
  const now = (): Date => new Date();
  return await matchImage(image.target, indexed, { ...room, outcomes, now, staleAfterMs });
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

/** Options of `clair sbom`. */
export interface SbomOptions extends ImageOptions {
  readonly format: ReportFormat;
}

/** `clair sbom`: what an image is made of. Fetches nothing. */
export async function sbom(target: string, options: SbomOptions): Promise<number> {
  const image = await openImage(target, options);
  await using room = await openRoom({ ...options, offline: true });
  const indexed = await index(image, room, options);
  const { report } = await matchImage(image.target, indexed, {
    ...room,
    outcomes: [],
    now: () => new Date(),
    staleAfterMs,
  });
  writeResult(options.format.write(report, displayFor(options.output)), options.output);
  return 0;
}
