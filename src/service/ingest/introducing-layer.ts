import type { ImageIndex, ImagePackage } from '../../store/store.ts';

/**
 * Returns the position of the layer that introduced a package, or of the top layer if it is unknown. Posted layers have their diffIDs as
 * names.
 */
export function introducingLayer(
  { location, layerPosition }: ImagePackage,
  { layers }: Pick<ImageIndex, 'layers'>,
): number {
  const position = layerPosition ?? layers.indexOf(location.layer ?? '');
  return position === -1 ? layers.length - 1 : position;
}
