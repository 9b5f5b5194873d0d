import { join } from 'node:path';
import { imageOf } from './grammar/image.ts';
import { writeImage } from './layout.ts';
import type { Runtimes, RuntimeView } from './runtime.ts';

/** Number of images that both unpack alike, and descriptions of the others. */
export interface Confirmation {
  readonly agreeing: number;
  readonly differing: readonly string[];
}

/** Compares the linked umoci with the umoci command, image by image. */
export async function confirm(
  { linked, command }: { readonly linked: Runtimes; readonly command: Runtimes },
  { images, seed, scratch }: { readonly images: number; readonly seed: number; readonly scratch: string },
): Promise<Confirmation> {
  const differing: string[] = [];
  for (let i = 0; i < images; i++) {
    const { layout } = writeImage(imageOf(seed + i), join(scratch, 'confirmed'));
    const [[ofLinked], [ofCommand]] = [await umociOf(linked, layout), await umociOf(command, layout)];
    const difference = ofLinked && ofCommand ? differenceOf(ofLinked, ofCommand) : 'one returns no result';
    if (difference !== undefined) differing.push(`seed ${seed + i}: ${difference}`);
  }
  return { agreeing: images - differing.length, differing };
}

async function umociOf(runtimes: Runtimes, layout: string): Promise<readonly RuntimeView[]> {
  const [views = []] = await runtimes.unpack([layout]);
  return views.filter(({ runtime }) => runtime === 'umoci');
}

/** Ignores the messages of refusals, which differ in details. */
function differenceOf(linked: RuntimeView, command: RuntimeView): string | undefined {
  if ((linked.refused === undefined) !== (command.refused === undefined))
    return `linked: ${linked.refused ?? 'accepted'}; command: ${command.refused ?? 'accepted'}`;
  const paths = new Set([...linked.files.keys(), ...command.files.keys()]);
  const other = [...paths].filter((path) => {
    const [ofLinked, ofCommand] = [linked.files.get(path), command.files.get(path)];
    return !ofLinked || !ofCommand || Buffer.compare(ofLinked, ofCommand) !== 0;
  });
  return other.length === 0 ? undefined : `other files at ${other.join(', ')}`;
}
