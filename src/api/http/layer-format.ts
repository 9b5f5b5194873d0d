import type { LayerFormat } from '../../image/posted/layer-source.ts';

/** Returns the layer format that a client names, case-insensitively; undefined if it is not supported. */
export function layerFormatOf(name: string): LayerFormat | undefined {
  const format = name.toLowerCase();
  return format === 'docker' || format === 'aci' ? format : undefined;
}
