import { judgeAll } from './campaign.ts';
import type { PlannedImage } from './grammar/image.ts';
import type { Runtimes } from './runtime.ts';

/** Removes layers and members as long as the image is still judged dangerous. Returns the smallest image found. */
export async function minimised(
  image: PlannedImage,
  runtimes: Runtimes,
  scratch: string,
): Promise<PlannedImage> {
  let smallest = image;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const candidate of smallerThan(smallest)) {
      const [judgement] = await judgeAll(runtimes, [candidate], scratch);
      if (judgement?.verdict !== 'dangerous') continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

function* smallerThan(image: PlannedImage): Generator<PlannedImage> {
  const { layers } = image;
  for (const i of layers.keys())
    if (layers.length > 1) yield { ...image, layers: layers.filter((_, at) => at !== i) };
  for (const [i, layer] of layers.entries())
    for (const at of layer.pieces.keys()) {
      const pieces = layer.pieces.filter((_, other) => other !== at);
      yield { ...image, layers: layers.with(i, { ...layer, pieces }) };
    }
  for (const [i, layer] of layers.entries()) {
    const storage = {
      end: 'marker',
      compression: 'none',
      cuts: 0,
      trailer: 'none',
      stated: 'none',
      diffId: 'right',
    } as const;
    if (JSON.stringify(layer.storage) !== JSON.stringify(storage))
      yield { ...image, layers: layers.with(i, { ...layer, storage }) };
  }
  if (image.verify) yield { ...image, verify: false };
  if (image.medium !== 'layout') yield { ...image, medium: 'layout' };
}
