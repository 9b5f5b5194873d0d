import { allowedCrowds } from './allowed-crowds.ts';
import { bombs } from './bombs.ts';
import { crowds } from './crowds.ts';
import type { HostileImage, Sizes } from './hostile-image.ts';
import { languageFiles } from './language-files.ts';
import { longNames } from './long-names.ts';
import { manyPackages } from './many-packages.ts';
import { oddContainers } from './odd-containers.ts';
import { oddLinks } from './odd-links.ts';
import { oddEnds, oddNames } from './odd-names.ts';
import { oddSizes, oddSparseFiles } from './odd-sizes.ts';

/** Returns every hostile image in these sizes. */
export function hostileImages(sizes: Sizes): HostileImage[] {
  return [
    ...bombs(sizes),
    ...crowds(sizes),
    ...allowedCrowds(sizes),
    ...languageFiles(sizes),
    ...manyPackages(sizes),
    ...oddNames(),
    ...longNames(),
    ...oddLinks(),
    ...oddEnds(),
    ...oddSizes(),
    ...oddSparseFiles(),
    ...oddContainers(),
  ];
}
