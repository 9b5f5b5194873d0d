import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlannedImage } from './grammar/image.ts';
import { writeImage } from './layout.ts';

/** Keeps an image in a directory, with its members in words beside it. Answers the directory. */
export function keepSample(image: PlannedImage, artifacts: string, name: string): string {
  const directory = join(artifacts, name);
  mkdirSync(artifacts, { recursive: true });
  writeImage(image, directory);
  writeFileSync(join(directory, 'members.txt'), `${describe(image).join('\n')}\n`);
  return directory;
}

/** The layers and members of an image, a line each. */
export function describe({ layers }: PlannedImage): string[] {
  return layers.flatMap(({ pieces, storage }, i) => [
    `layer ${i}: ${JSON.stringify(storage)}`,
    ...pieces.map(({ what }) => `  ${what}`),
  ]);
}
