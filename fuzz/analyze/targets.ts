import { archiveTarget } from './target/archives.ts';
import { declaredTarget } from './target/declared.ts';
import { imageTarget } from './target/image.ts';
import { inflaterTargets } from './target/inflaters.ts';
import { layerTarget } from './target/layer.ts';
import { readListerTargets } from './target/listers.ts';
import { osReleaseTarget } from './target/os-release.ts';
import { packageHashTarget } from './target/package-hashes.ts';
import { peerReportTargets } from './target/peer-reports.ts';
import { policyTargets } from './target/policy.ts';
import { programTarget } from './target/programs.ts';
import { sbomTarget } from './target/sbom.ts';
import { tarTarget } from './target/tar.ts';
import type { Target } from './target/target.ts';

/** All targets: readers of images, of SBOMs, of suppression files, and of reports of other scanners. */
export const targets: readonly Target[] = [
  tarTarget,
  ...inflaterTargets(),
  ...(await readListerTargets()),
  archiveTarget,
  declaredTarget,
  packageHashTarget,
  programTarget,
  osReleaseTarget,
  layerTarget,
  imageTarget,
  sbomTarget,
  ...policyTargets,
  ...peerReportTargets,
];
