import type { LayerFormat } from '../../image/posted/layer-source.ts';

/** The format a client names for its layers, in whatever case; undefined for one that is not read. */
export function layerFormatOf(name: string): LayerFormat | undefined {
  const format = name.toLowerCase();
  return format === 'docker' || format === 'aci' ? format : undefined;
}
