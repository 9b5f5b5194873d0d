import { compareText } from '../../../model/order.ts';
import type { Extensions } from '../../../plugin/extensions.ts';
import { currentSince } from '../../../service/findings/freshness.ts';
import type { V3Deps } from './deps.ts';
import type { Detectors } from './render.ts';
import type { ClairStatus, Detector } from './types.ts';

/** What looks into layers: listers of packages first, each kind in the order of the names. */
export function detectorsOf({ listers, detectors }: Pick<Extensions, 'listers' | 'detectors'>): Detectors {
  return [
    ...toDetectors(listers, 'DETECTOR_D_TYPE_FEATURE'),
    ...toDetectors(detectors, 'DETECTOR_D_TYPE_NAMESPACE'),
  ];
}

function toDetectors(
  extensions: readonly { readonly name: string; readonly version: number }[],
  dtype: Detector['dtype'] & string,
): Detector[] {
  return extensions
    .toSorted((a, b) => compareText(a.name, b.name))
    .map(({ name, version }) => ({ name, version: `${version}.0`, dtype }));
}

/** The status that most answers carry. */
export async function statusOf({ ingest, store }: V3Deps): Promise<ClairStatus> {
  const since = currentSince(await store.advisories.findFeedStates());
  return {
    detectors: detectorsOf(ingest.extensions),
    ...(since !== undefined && { last_update_time: since }),
  };
}
