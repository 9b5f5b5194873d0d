import { existsSync } from 'node:fs';
import { ClairError } from '../../core/errors.ts';
import { homeDirectory } from '../../kit/home-directory.ts';
import { checkLayerCount, claimsIn } from '../format/assemble-layers.ts';
import { createdOf, type ImageConfig, labelsOf } from '../format/documents.ts';
import { isOtherPlatform, platformText } from '../format/platform.ts';
import type { Image } from '../image.ts';
import type { ImageLayer } from '../image-layer.ts';
import { type DaemonTimeouts, displayDaemon, getStream } from './connection.ts';
import {
  type DaemonEndpoint,
  type DaemonEnvironment,
  type DaemonName,
  DaemonUnavailable,
  displayEndpoint,
  endpointCandidates,
} from './endpoint.ts';
import { type ImageExport, readExportedConfig, streamFromExport } from './image-export.ts';
import { imagePath, inspectImage } from './inspection.ts';

/** An image in a daemon. */
export interface DaemonImage {
  readonly daemon: DaemonName;
  /** The reference as the daemon's command takes it: a name with a tag or a digest, or an ID. */
  readonly reference: string;
  /** The target as the user wrote it, for the report. */
  readonly target: string;
}

/** Options of `openDaemonImage`. */
export interface DaemonOptions extends Partial<DaemonEnvironment> {
  /** `os/architecture[/variant]`. An image of another platform is refused. */
  readonly platform?: string;
  readonly timeouts?: DaemonTimeouts;
}

/** Opens an image of a daemon. Reads no layer. Throws `target-not-found` with the reason if the daemon does not provide the image. */
export async function openDaemonImage(image: DaemonImage, options: DaemonOptions = {}): Promise<Image> {
  const found = await findInDaemon(image, options);
  if (!(found instanceof DaemonUnavailable)) return found;
  throw new ClairError('target-not-found', found.message, { cause: found });
}

/**
 * Opens an image of a daemon, or returns the reason why the daemon does not have it. Throws if the daemon has the image but it cannot be
 * used.
 */
export async function findInDaemon(
  image: DaemonImage,
  options: DaemonOptions = {},
): Promise<Image | DaemonUnavailable> {
  try {
    return await find(image, options);
  } catch (error) {
    if (error instanceof DaemonUnavailable) return error;
    throw error;
  }
}

async function find(
  { daemon: name, reference, target }: DaemonImage,
  { env = process.env, home = homeDirectory(), platform: wanted, timeouts = {} }: DaemonOptions,
): Promise<Image> {
  if (!isReference(reference)) throw new DaemonUnavailable(`${target} is not an image reference`);
  const daemon = { name, endpoint: findEndpoint(name, { env, home }) };
  const { config, identity } = await inspectImage(daemon, reference, timeouts);
  const platform = platformText(config);
  if (isOtherPlatform(platform, wanted))
    throw new DaemonUnavailable(
      `${displayDaemon(daemon)} has ${reference} for ${platform}, not for ${wanted}`,
    );
  const from: ImageExport = {
    name: `the export of ${reference} by ${displayDaemon(daemon)}`,
    diffIds: config.rootfs?.diff_ids ?? [],
    open: (signal) => getStream(daemon, imagePath(reference, 'get'), signal, timeouts),
  };
  return {
    target: { reference: target, kind: name, manifest: null, platform, ...identity, ...createdOf(config) },
    layers: layersOf(await withHistory(config, from), from),
    streamLayers: streamFromExport(from),
    ...labelsOf(config),
  };
}

/** Whether a text is safe to insert into an API path as a reference. */
function isReference(text: string): boolean {
  return /^[\w][\w.\-/:@]*$/.test(text) && !/\.\.|\/\/|\/\.(?:\/|$)/.test(text);
}

function findEndpoint(name: DaemonName, environment: DaemonEnvironment): DaemonEndpoint {
  const { endpoints, configuredBy } = endpointCandidates(name, environment);
  const there = endpoints.find(
    (place) => configuredBy !== undefined || place.kind === 'tcp' || existsSync(place.path),
  );
  if (there !== undefined) return there;
  const setting = name === 'docker' ? 'DOCKER_HOST' : 'CONTAINER_HOST';
  throw new DaemonUnavailable(
    `there is no ${name} daemon at ${endpoints.map(displayEndpoint).join(', ')}; if it listens elsewhere, set ${setting}`,
  );
}

/** Adds the history from the exported configuration if the daemon does not report which step created which layer. */
async function withHistory(config: ImageConfig, from: ImageExport): Promise<ImageConfig> {
  if (config.history !== undefined) return config;
  return (await readExportedConfig(from, new AbortController().signal)) ?? config;
}

/** Returns the layers as a daemon stores them: uncompressed, without digests of their own, and of unknown size. */
function layersOf(config: ImageConfig, { name, diffIds: { length } }: ImageExport): ImageLayer[] {
  checkLayerCount(name, length);
  return claimsIn(config, length).map((claims) => ({
    ...claims,
    place: { kind: 'remote', path: name },
    compression: 'none',
    sizeBytes: 0,
  }));
}
