import type { LayerIndex } from '../model/layer-index.ts';

/** Indexed layers, by the identity of their content. */
export interface LayerStore {
  find(identity: string, analyzerKey: string): Promise<LayerIndex | undefined>;
  /** Returns those of the layers that the store has, by their identities. */
  findAll(identities: readonly string[], analyzerKey: string): Promise<ReadonlyMap<string, LayerIndex>>;
  save(identity: string, analyzerKey: string, index: LayerIndex): Promise<void>;
}
