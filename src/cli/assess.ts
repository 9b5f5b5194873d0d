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
import { type IndexImageDeps, indexImage } from '../service/images/index-image.ts';
import { type IndexSbomDeps, indexSbom } from '../service/images/index-sbom.ts';
import type { ImageScope, IndexedImage } from '../service/images/indexed-image.ts';
import { seenImageOf } from '../service/images/seen-image.ts';
import {
  type CommandContext,
  type DatabaseOptions,
  openCommandContext,
  staleAfterMs,
} from './command-context.ts';
import { everyPlatform } from './every-platform.ts';
import { ratingLookups } from './rating-lookups.ts';
import { isSbomTarget, openSbom, type SbomTarget } from './sbom-target.ts';
import { type DeclaredOptions, declaredUseOf } from './source-tree.ts';
import { isStandardInput, spoolInput, toStandardInputError } from './standard-input.ts';
import { tuneForMatching } from './v8-flags.ts';

/** Options of the commands that read an image. */
export interface ImageOptions extends DatabaseOptions, ImageScope, DeclaredOptions {
  readonly platform?: string;
  /** Digest of the image to choose from an index. */
  readonly manifest?: Digest;
  readonly verify?: boolean;
  /** Whether layers of a registry are read by their tables of contents. */
  readonly partial?: boolean;
}

/** Options of the commands that find vulnerabilities in an image. */
export interface AssessmentOptions extends ImageOptions {
  /** Time in the past whose advisories are used, ISO 8601. */
  readonly asOf?: string;
  /** Whether missing ratings are looked up; true by default. */
  readonly lookups?: boolean;
}

/** A report with the image that it assesses. */
export interface AssessedTarget extends AssessedReport {
  readonly image: IndexedImage;
}

/** Options of `assess`. */
interface AssessOptions extends AssessmentOptions {
  /** Whether ratings come from the database alone, and the report does not mention it. */
  readonly isInventory?: true;
}

/** Assesses an image: indexes it, updates the advisories that cover it, and matches both. */
export async function assess(
  commandContext: CommandContext,
  opened: OpenedTarget,
  options: AssessOptions,
): Promise<AssessedTarget> {
  const declared =
    'inventory' in opened ? undefined : declaredUseOf(opened.layers, options, commandContext.extensions);
  const context =
    declared === undefined ? commandContext : { ...commandContext, ...(await commandContext.withDeclared()) };
  const image =
    'inventory' in opened
      ? await indexSbom(opened.inventory, sbomDeps(context, options))
      : await indexImage(opened, { ...imageDeps(opened, context, options), declared }).catch(
          (error: unknown) => {
            throw toStandardInputError(error, opened.temporaryFile);
          },
        );
  if (context.published !== undefined) tuneForMatching();
  if (!('inventory' in opened)) await recordImage(opened, image, { context, options, declared });
  await context.published?.load(image.namespaces, context.extensions.sources);
  // Advisories of a time in the past cannot be fetched.
  const outcomes = options.asOf === undefined ? await refreshAdvisories(image, context) : [];
  const assessed = await matchImage(opened.target, image, {
    ...context,
    ...timesOf(options),
    outcomes,
    ...(options.isInventory !== true && { lookUp: ratingLookups(context, options) }),
  });
  await yieldToTimeout(options);
  return { ...assessed, image };
}

/** Records the image under its names. An index with options of the user is not that of the image. */
async function recordImage(
  opened: Image,
  indexed: IndexedImage,
  {
    context,
    options: { distro, exclude = [] },
    declared,
  }: { readonly context: CommandContext; readonly options: ImageScope; readonly declared: unknown },
): Promise<void> {
  const isPartial = indexed.tables !== undefined;
  const isScoped = distro !== undefined || exclude.length > 0 || declared !== undefined || isPartial;
  const seen = seenImageOf(opened, indexed, isScoped);
  if (seen !== undefined) await context.store.knownImages.record(seen);
}

/** Yields to the event loop, so that an expired `--timeout` ends the command before it writes a result. */
async function yieldToTimeout({ timeout }: Pick<DatabaseOptions, 'timeout'>): Promise<void> {
  if (timeout !== undefined) await setImmediate();
}

/** Returns the inventory of an image as a report. Fetches no advisories. */
export async function reportInventory(target: string, options: ImageOptions): Promise<Report> {
  const opened = await openTarget(target, options);
  const offline = { ...options, offline: true, isInventory: true } as const;
  await using context = await openCommandContext(offline);
  const { report } = await assess(context, opened, offline);
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
    throw new ClairError('usage', 'only clair scan accepts --platform all: name one platform here');
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
  try {
    const opened = isSbomTarget(target) ? await openSbom(target, options) : await openImage(target, options);
    const named = { ...opened, target: { ...opened.target, reference: typed } };
    return 'inventory' in named ? named : { ...named, temporaryFile: path };
  } catch (error) {
    throw toStandardInputError(error, path);
  }
}

function sbomDeps(context: CommandContext, { distro, exclude = [] }: ImageOptions): IndexSbomDeps {
  if (exclude.length > 0)
    throw new ClairError('usage', '--exclude is for images: an SBOM has no files that could be left out');
  return { ...context, ...(distro !== undefined && { distro }) };
}

function imageDeps(
  { temporaryFile }: Image,
  context: CommandContext,
  { verify = false, partial = false, distro, exclude = [] }: ImageOptions,
): IndexImageDeps {
  if (partial && verify)
    throw new ClairError('usage', '--partial cannot be combined with --verify: it reads no layer whole');
  return {
    ...context,
    exclude,
    ...(distro !== undefined && { distro }),
    verify: verify || temporaryFile !== undefined,
    isPartial: partial,
    onProgress: (text) => {
      context.progress.show(text);
    },
  };
}

/**
 * Updates the feeds that cover the image, and no others: not those of namespaces that a published database has. Feeds that a published
 * database failed to deliver are failed ones.
 */
async function refreshAdvisories(
  image: IndexedImage,
  { extensions: { sources }, store, updateDeps, published }: CommandContext,
): Promise<FeedOutcome[]> {
  const failed = published?.failedOutcomes(image.namespaces, sources) ?? [];
  if (updateDeps === undefined) return failed;
  const others = image.namespaces.filter((namespace) => published?.isLeftToVendors(namespace) ?? true);
  const outcomes = await updateFeeds(
    others.flatMap((namespace) => feedsFor(namespace, sources)),
    updateDeps,
  );
  await collectGarbageIfDue(store, defaultRetention);
  return [...outcomes, ...failed];
}

/** Returns the time of the assessment and the maximum age of advisories. */
function timesOf({ asOf }: Pick<AssessmentOptions, 'asOf'>): {
  readonly asOf: string | undefined;
  readonly now: () => Date;
  readonly staleAfterMs: number;
} {
  return { asOf, now: () => (asOf === undefined ? new Date() : new Date(asOf)), staleAfterMs };
}
