import { join } from 'node:path';
import { imageOf } from './grammar/image.ts';
import { writeImage } from './layout.ts';
import type { Runtimes, RuntimeView } from './runtime.ts';

/** How many images the two lay down alike, and in words those that they do not. */
export interface Confirmation {
  readonly agreeing: number;
  readonly differing: readonly string[];
}

/** Compares umoci as it is linked with the command, image by image. */
export async function confirm(
  { linked, command }: { readonly linked: Runtimes; readonly command: Runtimes },
  { images, seed, scratch }: { readonly images: number; readonly seed: number; readonly scratch: string },
): Promise<Confirmation> {
  const differing: string[] = [];
  for (let i = 0; i < images; i++) {
    const { layout } = writeImage(imageOf(seed + i), join(scratch, 'confirmed'));
    const [[ofLinked], [ofCommand]] = [await umociOf(linked, layout), await umociOf(command, layout)];
    const difference = ofLinked && ofCommand ? differenceOf(ofLinked, ofCommand) : 'one gives no answer';
    if (difference !== undefined) differing.push(`seed ${seed + i}: ${difference}`);
  }
  return { agreeing: images - differing.length, differing };
}

async function umociOf(runtimes: Runtimes, layout: string): Promise<readonly RuntimeView[]> {
  const [views = []] = await runtimes.unpack([layout]);
  return views.filter(({ runtime }) => runtime === 'umoci');
}

/** Messages of refusals differ in places; that there is one does not. */
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
