import { type BaseImage, isBaseOf, withBase } from '../../match/base-image.ts';
import type { Digest } from '../../model/digest.ts';
import type { Report } from '../../model/report.ts';
import type { Store } from '../../store/store.ts';

/**
 * Separates the findings of the known image with the most layers below the image of a report. Returns the report as it is if there is no such
 * image.
 */
export async function withKnownBase(
  report: Report,
  { knownImages }: Pick<Store, 'knownImages'>,
): Promise<Report> {
  const diffIds = report.layers.map(({ diffId }) => diffId);
  const [known] = await knownImages.findBases(diffIds.filter((diffId): diffId is Digest => diffId !== null));
  if (known === undefined) return report;
  const { names, reference, digest } = known;
  const [name] = names;
  const base: BaseImage = {
    reference: name === undefined ? reference : `${name.repository}:${name.tag}`,
    ...(digest !== null && { digest }),
    diffIds: known.diffIds,
    knownBy: 'database',
  };
  return isBaseOf(base, report) ? withBase(report, base) : report;
}
