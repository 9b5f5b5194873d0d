import { noEvidence } from '../model/evidence/layer-evidence.ts';
import type { LayerIndex } from '../model/layer-index.ts';

/** What a layer tells that has nothing in it. */
export const emptyLayer: LayerIndex = {
  verified: true,
  whiteouts: [],
  opaques: [],
  nodes: [],
  contents: [],
  packages: [],
  owned: [],
  diversions: [],
  repositories: [],
  evidence: noEvidence,
  problems: [],
};
