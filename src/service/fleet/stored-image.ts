import { ClairError } from '../../core/errors.ts';
import { parseReference, referenceText } from '../../image/registry/reference.ts';
import { applySuppressionIndex, type SuppressionDeps } from '../../match/suppress/apply.ts';
import type { Target } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { KnownImage } from '../../store/known-image-store.ts';
import type { AsOf } from '../../store/page.ts';
import type { Store } from '../../store/store.ts';
import { type AssessedReport, matchImage } from '../findings/match-image.ts';
import { indexImage } from '../images/index-image.ts';
import type { IndexedImage } from '../images/indexed-image.ts';
import type { ActiveSuppressions, ImageSuppressions } from '../suppressions/active-suppressions.ts';
import { readImageSource, storedLayersOnly } from './image-source.ts';
import type { ReadExtracts } from './worker-analyzer.ts';

/** Dependencies of the functions on stored images. */
export interface StoredImageDeps {
  readonly store: Store;
  readonly extensions: Extensions;
  readonly suppressions: Pick<ActiveSuppressions, 'forImage'>;
  readonly now: () => Date;
  /** Reads layers again that other extensions have read. Undefined if no extracts are kept. */
  readonly readExtracts: ReadExtracts | undefined;
  /** Age from which a report states that advisories are stale, in milliseconds. */
  readonly staleAfterMs: number;
}

/** An image that a server has scanned, indexed from its stored layers. */
export interface StoredImage {
  readonly known: KnownImage;
  readonly target: Target;
  readonly indexed: IndexedImage;
}

/** Indexes an image from its stored layers. Throws `layer-not-found` if it must be scanned again. */
export async function openStoredImage(
  known: KnownImage,
  { store, extensions, readExtracts }: StoredImageDeps,
): Promise<StoredImage> {
  const source = await store.knownImages.findSource(known.number);
  if (source === undefined)
    throw new ClairError(
      'layer-not-found',
      `a command scanned ${known.digest ?? known.reference}, and no server: scan it again`,
    );
  const opened = readImageSource(source);
  const indexed = await indexImage(opened, {
    store,
    extensions,
    analyzer: storedLayersOnly(opened, readExtracts),
    verify: true,
    onProgress: () => undefined,
  });
  return { known, target: opened.target, indexed };
}

/** Options of `assessStoredImage`. */
export interface AssessStoredOptions extends AsOf {
  /** The reference under which the image is assessed. Without it, a finding is suppressed only under all names of the image. */
  readonly name?: string | undefined;
}

/**
 * Returns the report of a stored image with the advisories of now, or of a time in the past. Rules and VEX statements are those of now.
 * Throws `usage` if the name is not a reference.
 */
export async function assessStoredImage(
  { known, target: stored, indexed }: StoredImage,
  { asOf, name }: AssessStoredOptions,
  deps: StoredImageDeps,
): Promise<AssessedReport> {
  const target = name === undefined ? stored : targetNamed(stored, name);
  const now = (): Date => (asOf === undefined ? deps.now() : new Date(asOf));
  const assessed = await matchImage(target, indexed, { ...deps, asOf, now, outcomes: [] });
  const suppressions = await deps.suppressions.forImage(known.number);
  const hasAllNames = name === undefined && !suppressions.index.isEmpty;
  const names = hasAllNames ? await deps.store.knownImages.findTags(known.number) : [];
  return withSuppressions(assessed, suppressions, { schemes: deps.extensions.schemes, names });
}

/** Returns a target with a reference in the place of all its names in registries. */
function targetNamed(target: Target, reference: string): Target {
  const name = parseReference(reference);
  const { repoDigests = [] } = target;
  const repository = `${name.registry}/${name.repository}`;
  return {
    ...target,
    reference: `registry:${referenceText(name)}`,
    names: name.tag === undefined ? [] : [`${repository}:${name.tag}`],
    repoDigests: repoDigests.map((text) => repository + text.slice(text.lastIndexOf('@'))),
  };
}

/** Applies rules and VEX statements to a report, and adds what it states of attached documents. */
function withSuppressions(
  { report, ...assessed }: AssessedReport,
  { index, attached }: ImageSuppressions,
  { schemes, names }: Pick<SuppressionDeps, 'schemes'> & { readonly names: readonly string[] },
): AssessedReport {
  const stated = attached === undefined ? report : { ...report, attachedVex: attached };
  if (index.isEmpty) return { report: stated, ...assessed };
  const deps = { isKnown: assessed.isAssessed, schemes, names };
  return { ...assessed, report: applySuppressionIndex(stated, deps, index).report };
}

/** Returns the image of a platform, or the only one. Undefined without one. Throws `usage` if there are several. */
export function imageOfPlatform(
  found: readonly KnownImage[],
  platform: string | undefined,
): KnownImage | undefined {
  const fitting = platform === undefined ? found : found.filter((image) => image.platform === platform);
  if (fitting.length <= 1) return fitting[0];
  const platforms = fitting.map((image) => image.platform ?? 'unknown').join(', ');
  throw new ClairError('usage', `the digest is that of several images: name a platform of ${platforms}`);
}
