import { compareText } from '../../../model/order.ts';
import type { Extensions } from '../../../plugin/extensions.ts';
import { currentSince, enabledStates } from '../../../service/findings/feed-age.ts';
import type { V3Deps } from './deps.ts';
import type { Detectors } from './render.ts';
import type { ClairStatus, Detector } from './types.ts';

/** Returns the detectors of a server: package listers, then namespace detectors, each sorted by name. */
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

/** Returns the status that most responses include. */
export async function statusOf({ ingest, store, feeds }: V3Deps): Promise<ClairStatus> {
  const since = currentSince(enabledStates(await store.advisories.findFeedStates(), feeds));
  return {
    detectors: detectorsOf(ingest.extensions),
    ...(since !== undefined && { last_update_time: since }),
  };
}
