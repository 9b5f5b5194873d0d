import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { imageOf, type PlannedImage } from './grammar/image.ts';
import { type Judgement, judge } from './judge.ts';
import { type WrittenImage, writeImage } from './layout.ts';
import type { Runtimes } from './runtime.ts';
import { readTarget } from './subject.ts';

/** An image with its judgement. */
export interface Judged extends Judgement {
  readonly seed: number;
  readonly image: PlannedImage;
}

/** Number of images on disk at a time. */
const batchImages = 64;

/** Judges the images of `count` seeds, starting at `seed`. */
export async function* judgeImages(
  runtimes: Runtimes,
  { seed, images, scratch }: { readonly seed: number; readonly images: number; readonly scratch: string },
): AsyncGenerator<Judged> {
  for (let from = seed; from < seed + images; from += batchImages) {
    const count = Math.min(batchImages, seed + images - from);
    const planned = Array.from({ length: count }, (_, i) => ({ seed: from + i, image: imageOf(from + i) }));
    const judgements = await judgeAll(
      runtimes,
      planned.map(({ image }) => image),
      scratch,
    );
    for (const [i, judgement] of judgements.entries()) {
      const plan = planned[i];
      if (plan !== undefined) yield { ...plan, ...judgement };
    }
  }
}

/** Writes images, unpacks them with the runtimes, reads them, and compares. */
export async function judgeAll(
  runtimes: Runtimes,
  images: readonly PlannedImage[],
  scratch: string,
): Promise<readonly Judgement[]> {
  mkdirSync(scratch, { recursive: true });
  const written: WrittenImage[] = images.map((image, i) => writeImage(image, join(scratch, String(i))));
  const pendingViews = runtimes.unpack(written.map(({ layout }) => layout));
  const readings = [];
  for (const [i, { target }] of written.entries())
    readings.push(await readTarget(target, images[i]?.verify ?? false));
  const views = await pendingViews;
  return readings.map((reading, i) => judge(reading, views[i] ?? []));
}
