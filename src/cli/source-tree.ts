import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageLayer } from '../image/image-layer.ts';
import type { Extensions } from '../plugin/extensions.ts';
import { groupPatterns, parsePattern } from '../plugin/layer-files.ts';
import type { DeclaredUse } from '../service/images/declared-packages.ts';

/** Options that decide whether lock files and manifests are read. */
export interface DeclaredOptions {
  /** Whether they are read in any image. */
  readonly includeDeclared?: boolean;
}

/**
 * Returns how lock files and manifests of an image are used. Undefined if they are not read. In a directory without an operating system, a
 * source tree, they are the answer.
 */
export function declaredUseOf(
  layers: readonly ImageLayer[],
  { includeDeclared = false }: DeclaredOptions,
  extensions: Pick<Extensions, 'detectors' | 'listers'>,
): DeclaredUse | undefined {
  const use = { isSourceTree: isSourceTree(layers, extensions), isRequested: includeDeclared };
  return use.isSourceTree || use.isRequested ? use : undefined;
}

/** Returns whether an image is a directory without any file at the fixed places of release files and package databases. */
function isSourceTree(
  layers: readonly ImageLayer[],
  { detectors, listers }: Pick<Extensions, 'detectors' | 'listers'>,
): boolean {
  const [layer] = layers;
  if (layer?.place.kind !== 'directory') return false;
  const root = layer.place.path;
  const { fixed } = groupPatterns([...detectors, ...listers].flatMap(({ wants }) => wants));
  return fixed.every((pattern) => !existsSync(join(root, parsePattern(pattern).path)));
}
