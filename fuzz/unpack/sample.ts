import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlannedImage } from './grammar/image.ts';
import { writeImage } from './layout.ts';

/** Writes an image to a directory, with a description of its members. Returns the directory. */
export function keepSample(image: PlannedImage, artifacts: string, name: string): string {
  const directory = join(artifacts, name);
  mkdirSync(artifacts, { recursive: true });
  writeImage(image, directory);
  writeFileSync(join(directory, 'members.txt'), `${describe(image).join('\n')}\n`);
  return directory;
}

/** Returns a line for each layer and member of an image. */
export function describe({ layers }: PlannedImage): string[] {
  return layers.flatMap(({ pieces, storage }, i) => [
    `layer ${i}: ${JSON.stringify(storage)}`,
    ...pieces.map(({ what }) => `  ${what}`),
  ]);
}
