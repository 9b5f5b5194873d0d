import { setImmediate } from 'node:timers/promises';
import { ClairError } from '../core/errors.ts';
import type { Image } from '../image/image.ts';
import { openImage } from '../image/open-image.ts';
import type { Digest } from '../model/digest.ts';
import type { Report } from '../model/report.ts';
import { feedsFor } from '../service/feeds/choose-feeds.ts';
import { defaultRetention } from '../service/feeds/retention.ts';
import { type FeedOutcome, updateFeeds } from '../service/feeds/update-feeds.ts';
import { type AssessedReport, matchImage } from '../service/findings/match-image.ts';
import type { ImageScope } from '../service/images/image-scope.ts';
import { type IndexedImage, indexImage } from '../service/images/index-image.ts';
import { indexSbom } from '../service/images/index-sbom.ts';
import {
  type CommandContext,
  type DatabaseOptions,
  openCommandContext,
  staleAfterMs,
} from './command-context.ts';
import { everyPlatform } from './every-platform.ts';
import { ratingLookups } from './rating-lookups.ts';
import { isSbomTarget, openSbom, type SbomTarget } from './sbom-target.ts';
import { isStandardInput, spoolInput, withStandardInputErrors } from './standard-input.ts';

/** Options of the commands that read an image. */
export interface ImageOptions extends DatabaseOptions, ImageScope {
  readonly platform?: string;
  /** The image of an index, where its digest is known. */
  readonly manifest?: Digest;
  readonly verify?: boolean;
}

/** Options of the commands that tell what is vulnerable in an image. */
export interface AssessmentOptions extends ImageOptions {
  /** A time in the past, of which the advisories are to be. */
  readonly asOf?: string;
  /** Whether ratings that are missing are looked up. */
  readonly lookups?: boolean;
}

/** An image that was assessed, in the room where that was done. */
export interface AssessedTarget extends AssessedReport {
  readonly image: IndexedImage;
  readonly context: CommandContext;
}

/** Assesses an image, and goes on in the same room with what was found. */
export async function assessTarget<T>(
  target: string,
  options: AssessmentOptions,
  use: (assessed: AssessedTarget) => Promise<T>,
): Promise<T> {
  const opened = await openTarget(target, options);
  await using context = await openCommandContext(options);
  return await use(await assess(context, opened, options));
}

/** Assesses an image in a room that was opened. */
export async function assess(
  context: CommandContext,
  opened: OpenedTarget,
  options: AssessmentOptions,
): Promise<AssessedTarget> {
  const image = await indexTarget(opened, context, options);
  // What was known at a time in the past cannot be fetched any more.
  const outcomes = options.asOf === undefined ? await refreshAdvisories(image, context) : [];
  const assessed = await matchImage(opened.target, image, {
    ...context,
    ...timesOf(options),
    outcomes,
    lookUp: ratingLookups(context, options),
  });
  await yieldToTimeout(options);
  return { ...assessed, image, context };
}

/** Ends the command here where its time is over: work that never waited left no moment to see it, and a result must not follow. */
async function yieldToTimeout({ timeout }: Pick<DatabaseOptions, 'timeout'>): Promise<void> {
  if (timeout !== undefined) await setImmediate();
}

/** What an image is made of. Fetches nothing. */
export async function reportInventory(target: string, options: ImageOptions): Promise<Report> {
  const opened = await openTarget(target, options);
  await using context = await openCommandContext({ ...options, offline: true });
  const image = await indexTarget(opened, context, options);
  const { report } = await matchImage(opened.target, image, { ...context, ...timesOf({}), outcomes: [] });
  await yieldToTimeout(options);
  return report;
}

/** An image, or what somebody says is in one. */
export type OpenedTarget = Image | SbomTarget;

/** Opens what a target names, be it an image or an inventory. */
export async function openTarget(
  target: string,
  options: Pick<ImageOptions, 'platform' | 'manifest' | 'offline' | 'progress'>,
): Promise<OpenedTarget> {
  if (options.platform === everyPlatform)
    throw new ClairError('usage', '--platform all is for clair scan alone: name one platform here');
  options.progress?.show(`opening ${target}`);
  if (isStandardInput(target)) return await openInput(target, options);
  return isSbomTarget(target) ? await openSbom(target, options) : await openImage(target, options);
}

/** Opens an image, an archive or an SBOM that is piped into the command. */
async function openInput(
  typed: string,
  options: Pick<ImageOptions, 'platform' | 'manifest' | 'offline'>,
): Promise<OpenedTarget> {
  const { path, target } = await spoolInput(typed);
  return await withStandardInputErrors(path, async () => {
    const opened = isSbomTarget(target) ? await openSbom(target, options) : await openImage(target, options);
    const named = { ...opened, target: { ...opened.target, reference: typed } };
    return 'inventory' in named ? named : { ...named, temporaryFile: path };
  });
}

async function indexTarget(
  opened: OpenedTarget,
  context: CommandContext,
  options: ImageOptions,
): Promise<IndexedImage> {
  const { verify = false, distro, exclude = [] } = options;
  const scope: ImageScope = { exclude, ...(distro !== undefined && { distro }) };
  if ('inventory' in opened) {
    if (exclude.length > 0)
      throw new ClairError('usage', '--exclude is for images: an SBOM has no files that could be left out');
    return await indexSbom(opened.inventory, { ...context, ...scope });
  }
  const { temporaryFile } = opened;
  const work = (): Promise<IndexedImage> =>
    indexImage(opened, {
      ...context,
      ...scope,
      verify: verify || temporaryFile !== undefined,
      onProgress: (text) => {
        context.progress.show(text);
      },
    });
  return await (temporaryFile === undefined ? work() : withStandardInputErrors(temporaryFile, work));
}

/** Brings up to date what speaks of the image, and nothing else. */
async function refreshAdvisories(
  image: IndexedImage,
  { extensions, store, updateDeps }: CommandContext,
): Promise<FeedOutcome[]> {
  if (updateDeps === undefined) return [];
  const feeds = image.namespaces.flatMap((namespace) => feedsFor(namespace, extensions.sources));
  const outcomes = await updateFeeds(feeds, updateDeps);
  await store.collectGarbage(defaultRetention);
  return outcomes;
}

/** The time that the question is about, and how old advisories may be then. */
function timesOf({ asOf }: Pick<AssessmentOptions, 'asOf'>): {
  readonly asOf: string | undefined;
  readonly now: () => Date;
  readonly staleAfterMs: number;
} {
  return { asOf, now: () => (asOf === undefined ? new Date() : new Date(asOf)), staleAfterMs };
}
