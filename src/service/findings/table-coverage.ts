import type { Coverage } from '../../model/report.ts';
import type { IndexedImage } from '../images/indexed-image.ts';

/**
 * States which layers were read by their tables of contents. The builder of an image writes both the table and the archive, and most runtimes
 * use only the archive. So the remark is part of every verdict.
 */
export function coverageOfTables({ tables }: Pick<IndexedImage, 'tables'>): Coverage[] {
  if (tables === undefined) return [];
  const { byTable, whole } = tables;
  const read =
    byTable.length === 0
      ? []
      : [
          `read by table of contents, which may differ from the archives of the layers: ${byTable.join(', ')}`,
        ];
  const fetched = whole.map(({ layer, reason }) => `${layer} was fetched whole: ${reason}`);
  return [
    {
      namespace: 'layers',
      status: 'complete',
      newestAdvisory: null,
      fetchedAt: null,
      reason: [...read, ...fetched].join('; '),
    },
  ];
}
