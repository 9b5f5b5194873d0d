import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Image } from '../../image/image.ts';
import type { ImageAnalyzer, ReadExtracts } from './worker-analyzer.ts';

/** Returns the document from which reports of an image are made again: its target and the claims about its layers. Throws `limit-exceeded`. */
export function writeImageSource({ target, layers }: Image): string {
  const content = JSON.stringify({ target, layers });
  if (content.length > limits.imageSourceCharacters)
    throw new ClairError(
      'limit-exceeded',
      `the description of ${target.reference} has ${content.length} characters, more than ${limits.imageSourceCharacters}`,
      { limit: 'imageSourceCharacters' },
    );
  return content;
}

/** Returns the image of such a document. It has no access to the registry. */
export function readImageSource(content: string): Image {
  // The text was written by `writeImageSource`, so it needs no validation.
  return JSON.parse(content) as Image;
}

/**
 * Returns an analyzer for images whose layers are stored, or have extracts. Throws `layer-not-found` if one is missing, as after an upgrade of
 * a server without extracts.
 */
export function storedLayersOnly({ target }: Image, readExtracts: ReadExtracts | undefined): ImageAnalyzer {
  return {
    analyze: async (layers, { streamLayers, ...options }) => {
      if (layers.length === 0) return [];
      const indexes = await readExtracts?.(layers, options);
      const found = layers.flatMap((layer) => indexes?.get(layer) ?? []);
      if (found.length === layers.length) return found;
      throw new ClairError(
        'layer-not-found',
        `this server has not read ${layers.length - found.length} of the layers of ${target.reference}: scan the image again`,
      );
    },
  };
}
