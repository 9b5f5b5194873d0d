import { ClairError } from '../core/errors.ts';
import { type BaseImage, isBaseOf, withBase } from '../match/base-image.ts';
import { withKnownBase } from '../service/findings/known-base.ts';
import type { AssessedReport } from '../service/findings/match-image.ts';
import type { ImageOptions } from './assess.ts';
import { openTarget } from './assess.ts';
import type { CommandContext } from './command-context.ts';

/** Value of `--base` that looks the base image up among the images of the database. */
const knownBase = 'auto';

/** Options about the base image. */
export interface BaseOptions {
  /** The base image, or `auto`. Absent if findings are not separated. */
  readonly base?: string;
}

/** Separates the findings of the base image from the others. */
export type MarkBase = (assessed: AssessedReport, context: CommandContext) => Promise<AssessedReport>;

/**
 * Opens the base image before the scan. Throws `target-…` errors. The result throws `usage` if the layers of the image are not the lowest
 * ones. With `auto`, an image without a known base is left as it is.
 */
export async function openBase(options: BaseOptions & ImageOptions): Promise<MarkBase> {
  const { base: reference, manifest: _, ...others } = options;
  if (reference === undefined) return async (assessed) => assessed;
  if (reference === knownBase)
    return async ({ report, ...assessed }, { store }) => ({
      ...assessed,
      report: await withKnownBase(report, store),
    });
  const opened = await openTarget(reference, others);
  const diffIds = 'layers' in opened ? opened.layers.map(({ diffId }) => diffId) : [];
  const known = diffIds.filter((diffId) => diffId !== undefined);
  const { digest } = opened.target;
  const base: BaseImage = {
    reference,
    ...(digest !== undefined && { digest }),
    knownBy: 'option',
    diffIds: known.length === diffIds.length ? known : [],
  };
  return async ({ report, ...assessed }) => {
    if (isBaseOf(base, report)) return { ...assessed, report: withBase(report, base) };
    throw new ClairError(
      'usage',
      `${reference} is not the base image of ${report.target.reference}: its layers are not the lowest ones`,
    );
  };
}
