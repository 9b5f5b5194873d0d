import { setImmediate } from 'node:timers/promises';
import { ClairError } from '../core/errors.ts';
import type { Image } from '../image/image.ts';
import { openImage } from '../image/open-image.ts';
import type { Digest } from '../model/digest.ts';
import type { Report } from '../model/report.ts';
import { feedsFor } from '../service/feeds/choose-feeds.ts';
import { collectGarbageIfDue, defaultRetention } from '../service/feeds/retention.ts';
import { type FeedOutcome, updateFeeds } from '../service/feeds/update-feeds.ts';
import { type AssessedReport, matchImage } from '../service/findings/match-image.ts';
import { type ImageScope, type IndexedImage, indexImage } from '../service/images/index-image.ts';
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
  /** Digest of the image to choose from an index. */
  readonly manifest?: Digest;
  readonly verify?: boolean;
}

/** Options of the commands that find vulnerabilities in an image. */
export interface AssessmentOptions extends ImageOptions {
  /** Time in the past whose advisories are used, ISO 8601. */
  readonly asOf?: string;
  /** Whether missing ratings are looked up; true by default. */
  readonly lookups?: boolean;
}

/** An assessed image, with the context that assessed it. */
export interface AssessedTarget extends AssessedReport {
  readonly image: IndexedImage;
  readonly context: CommandContext;
}

/** Assesses an image and passes the result to `use`. The context stays open until `use` returns. */
export async function assessTarget<T>(
  target: string,
  options: AssessmentOptions,
  use: (assessed: AssessedTarget) => Promise<T>,
): Promise<T> {
  const opened = await openTarget(target, options);
  await using context = await openCommandContext(options);
  return await use(await assess(context, opened, options));
}

/** Assesses an image in an open context. */
export async function assess(
  context: CommandContext,
  opened: OpenedTarget,
  options: AssessmentOptions,
): Promise<AssessedTarget> {
  const image = await indexTarget(opened, context, options);
  // Advisories of a time in the past cannot be fetched.
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

/** Yields to the event loop, so that an expired `--timeout` ends the command before it writes a result. */
async function yieldToTimeout({ timeout }: Pick<DatabaseOptions, 'timeout'>): Promise<void> {
  if (timeout !== undefined) await setImmediate();
}

/** Returns the inventory of an image as a report. Fetches no advisories. */
export async function reportInventory(target: string, options: ImageOptions): Promise<Report> {
  const opened = await openTarget(target, options);
  await using context = await openCommandContext({ ...options, offline: true });
  const image = await indexTarget(opened, context, options);
  const { report } = await matchImage(opened.target, image, { ...context, ...timesOf({}), outcomes: [] });
  await yieldToTimeout(options);
  return report;
}

/** An opened image or SBOM. */
export type OpenedTarget = Image | SbomTarget;

/** Opens the image or SBOM that a target names. Throws `target-…` errors. */
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

/** Opens an archive or an SBOM from standard input. */
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

/** Updates the feeds that cover the image, and no others. */
async function refreshAdvisories(
  image: IndexedImage,
  { extensions, store, updateDeps }: CommandContext,
): Promise<FeedOutcome[]> {
  if (updateDeps === undefined) return [];
  const feeds = image.namespaces.flatMap((namespace) => feedsFor(namespace, extensions.sources));
  const outcomes = await updateFeeds(feeds, updateDeps);
  await collectGarbageIfDue(store, defaultRetention);
  return outcomes;
}

/** Returns the time of the assessment and the maximum age of advisories. */
function timesOf({ asOf }: Pick<AssessmentOptions, 'asOf'>): {
  readonly asOf: string | undefined;
  readonly now: () => Date;
  readonly staleAfterMs: number;
} {
  return { asOf, now: () => (asOf === undefined ? new Date() : new Date(asOf)), staleAfterMs };
}
