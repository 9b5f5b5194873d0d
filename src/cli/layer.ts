import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ClairError, messageOf } from '../core/errors.ts';
import type { Image } from '../image/image.ts';
import type { ImageLayer } from '../image/image-layer.ts';
import type { CollectedLayer } from '../image/layer/collector.ts';
import type { LayerReadResult } from '../image/layer/layer-walk.ts';
import { readLayers } from '../image/layer/read-layer.ts';
import { readStreamedLayers } from '../image/layer/read-streamed-layers.ts';
import { WantedPaths } from '../image/layer/wanted-paths.ts';
import { makeDirectory } from '../kit/make-directory.ts';
import { compareText } from '../model/order.ts';
import { pluralize } from '../report/report-text.ts';
import { wantedPatterns } from '../service/images/analyze-layers.ts';
import { openTarget } from './assess.ts';
import type { LoadedExtensions } from './load-extensions.ts';
import { writeLines } from './output.ts';
import { isSbomTarget } from './sbom-target.ts';
import { isStandardInput } from './standard-input.ts';

/** Options of `clair layer`. */
export interface LayerOptions {
  readonly platform?: string;
  readonly dump?: string;
  readonly loaded: LoadedExtensions;
}

/** Runs `clair layer`: prints the files that detectors and listers read, and the whiteouts, layer by layer. */
export async function showLayers(target: string, options: LayerOptions): Promise<number> {
  const refusal = `${target} is an SBOM, which has no files to show: name the image`;
  if (!isStandardInput(target) && isSbomTarget(target)) throw new ClairError('target-unsupported', refusal);
  const image = await openTarget(target, options);
  if ('inventory' in image) throw new ClairError('target-unsupported', refusal);
  const reading = { wanted: new WantedPaths(wantedPatterns(options.loaded.extensions)), verify: false };
  const toContent = ({ collected, tarBytes }: LayerReadResult): LayerContent => ({
    lines: contentLines(collected),
    tarBytes,
    files: options.dump === undefined ? undefined : collected.files,
  });
  const contents =
    image.streamLayers === undefined
      ? await readLayers(image.layers, reading, toContent)
      : await readStreamedLayers(image.layers, image.streamLayers, { ...reading, take: toContent });
  for (const [i, { files }] of contents.entries())
    if (options.dump !== undefined && files !== undefined) dump(join(options.dump, String(i)), files);
  writeLines(contents.flatMap((content, i) => [headingOf(image, i, content), ...content.lines]));
  return 0;
}

interface LayerContent {
  readonly lines: readonly string[];
  readonly files: CollectedLayer['files'] | undefined;
  readonly tarBytes: number | undefined;
}

function contentLines({ files, nodes, opaques, markers, remarks }: CollectedLayer): string[] {
  return [
    ...[...files]
      .sort(([a], [b]) => compareText(a, b))
      .map(([path, content]) => `  ${path}  ${content.length} bytes`),
    ...nodes.flatMap((node) => ('target' in node ? [`  ${node.path} -> ${node.target}`] : [])),
    ...(markers.whiteouts > 0 ? [`  ${pluralize(markers.whiteouts, 'whiteout')}`] : []),
    ...(markers.opaques > 0
      ? [`  ${pluralize(markers.opaques, 'opaque directory', 'opaque directories')}`]
      : []),
    ...opaques.map((directory) => `  ${directory}/ is opaque`),
    ...remarks.map(({ path, message }) => `  ${path}: ${message}`),
  ];
}

function headingOf({ layers }: Image, i: number, { tarBytes = 0 }: LayerContent): string {
  const layer = layers[i];
  const name = layer?.diffId ?? layer?.digest ?? 'no digest';
  return `layer ${i}  ${name}  ${describe(layer, tarBytes)}`;
}

function describe(layer: ImageLayer | undefined, tarBytes: number): string {
  return layer === undefined
    ? ''
    : `${layer.sizeBytes || tarBytes} bytes${layer.compression === 'none' ? '' : `, ${layer.compression}`}`;
}

/** Writes files below a directory. Their paths are normalized and cannot leave it. */
function dump(directory: string, files: ReadonlyMap<string, Uint8Array>): void {
  try {
    for (const [path, content] of files) {
      const place = join(directory, path);
      makeDirectory(dirname(place));
      writeFileSync(place, content);
    }
  } catch (error) {
    throw new ClairError('output-failed', `files cannot be written below ${directory}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
