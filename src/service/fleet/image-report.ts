import { ClairError } from '../../core/errors.ts';
import { applySuppressionIndex } from '../../match/suppress/apply.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { KnownImage } from '../../store/known-image-store.ts';
import type { AsOf } from '../../store/page.ts';
import type { Store } from '../../store/store.ts';
import { type AssessedReport, matchImage } from '../findings/match-image.ts';
import { indexImage } from '../images/index-image.ts';
import type { ActiveSuppressions, ImageSuppressions } from '../suppressions/active-suppressions.ts';
import { readImageSource, storedLayersOnly } from './image-source.ts';
import type { ReadExtracts } from './worker-analyzer.ts';

/** Dependencies of `reportOfImage`. */
export interface ImageReportDeps {
  readonly store: Store;
  readonly extensions: Extensions;
  readonly suppressions: Pick<ActiveSuppressions, 'forImage'>;
  readonly now: () => Date;
  /** Reads layers again that other extensions have read. Undefined if no extracts are kept. */
  readonly readExtracts: ReadExtracts | undefined;
  /** Age from which a report states that advisories are stale, in milliseconds. */
  readonly staleAfterMs: number;
}

/** Options of `reportOfImage`. */
export interface ImageReportOptions extends AsOf {
  /** Chooses an image if the digest is that of an index. */
  readonly platform?: string | undefined;
}

/**
 * Returns the report of an image that a server has scanned, from its stored layers. Returns undefined if no image has the digest. Throws
 * `usage` if several have it, and `layer-not-found` if the image must be scanned again.
 */
export async function reportOfImage(
  digest: string,
  { platform, asOf }: ImageReportOptions,
  deps: ImageReportDeps,
): Promise<AssessedReport | undefined> {
  const found = await deps.store.knownImages.findByDigest(digest);
  const image = chosenImage(found, platform);
  if (image === undefined) return undefined;
  const source = await deps.store.knownImages.findSource(image.number);
  if (source === undefined)
    throw new ClairError('layer-not-found', `a command scanned ${digest}, and no server: scan it again`);
  const opened = readImageSource(source);
  const { store, extensions } = deps;
  const indexed = await indexImage(opened, {
    ...{ store, extensions, analyzer: storedLayersOnly(opened, deps.readExtracts) },
    verify: true,
    onProgress: () => undefined,
  });
  const now = (): Date => (asOf === undefined ? deps.now() : new Date(asOf));
  const assessed = await matchImage(opened.target, indexed, { ...deps, asOf, now, outcomes: [] });
  return withSuppressions(assessed, await deps.suppressions.forImage(image.number), extensions);
}

/** Applies rules and VEX statements to a report, and adds what it states of attached documents. */
function withSuppressions(
  { report, ...assessed }: AssessedReport,
  { index, attached }: ImageSuppressions,
  { schemes }: Pick<Extensions, 'schemes'>,
): AssessedReport {
  const stated = attached === undefined ? report : { ...report, attachedVex: attached };
  if (index.isEmpty) return { report: stated, ...assessed };
  const deps = { isKnown: assessed.isAssessed, schemes };
  return { ...assessed, report: applySuppressionIndex(stated, deps, index).report };
}

/** Returns the image of a platform, or the only one. Throws `usage` if there are several. */
function chosenImage(found: readonly KnownImage[], platform: string | undefined): KnownImage | undefined {
  const fitting = platform === undefined ? found : found.filter((image) => image.platform === platform);
  if (fitting.length <= 1) return fitting[0];
  const platforms = fitting.map((image) => image.platform ?? 'unknown').join(', ');
  throw new ClairError('usage', `the digest is that of several images: name a platform of ${platforms}`);
}
