import { noEvidence } from '../model/evidence/layer-evidence.ts';
import type { LayerIndex } from '../model/layer-index.ts';

/** The index of an empty layer. */
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
