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
  repositories: [],
  problems: [],
};
