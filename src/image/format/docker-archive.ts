import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { sha256Of } from '../../kit/sha256.ts';
import type { Digest } from '../../model/digest.ts';
import { imageIdentity } from '../../model/image-identity.ts';
import type { ImageContainer } from '../container/image-container.ts';
import type { Image } from '../image.ts';
import { assembleLayers } from './assemble-layers.ts';
import {
  configDocument,
  createdOf,
  dockerManifestDocument,
  type ImageConfig,
  isNameOf,
  labelsOf,
  legacyLayerDocument,
  parseDocument,
  readDocument,
  repositoriesDocument,
} from './documents.ts';
import { platformText } from './platform.ts';

/** Opens an archive that `docker save`, skopeo or kaniko wrote. `tag` selects one of several images. */
export function openDockerArchive(
  container: ImageContainer,
  reference: string,
  tag: string | undefined,
): Image {
  const manifest = readDocument(container, 'manifest.json', dockerManifestDocument);
  const names = manifest.map((image) => image.RepoTags?.[0] ?? image.Config);
  const chosen = pickImage(manifest, tag, (image) => [...(image.RepoTags ?? []), image.Config], {
    container,
    names,
  });
  const config = readDocument(container, chosen.Config, configDocument);
  const layers = assembleLayers(container, (chosen.Layers ?? []).map(manifestLayer), config);
  return {
    target: {
      reference,
      kind: 'docker-archive',
      manifest: null,
      platform: platformText(config),
      ...imageIdentity({ names: chosen.RepoTags ?? [], digest: imageId(container, chosen.Config) }, limits),
      ...createdOf(config),
    },
    layers,
    ...labelsOf(config),
  };
}

/** Returns the digest of the configuration, which Docker calls the image ID. */
function imageId(container: ImageContainer, config: string): string | undefined {
  const bytes = container.document(config);
  return bytes && `sha256:${sha256Of(bytes)}`;
}

/** Takes the digest of a layer from its name: since Docker 25 layers are stored under `blobs/` by digest. */
function manifestLayer(name: string): { name: string; digest?: Digest } {
  const [, hex] = /(?:^|\/)blobs\/sha256\/([0-9a-f]{64})$/.exec(name) ?? [];
  return hex === undefined ? { name } : { name, digest: `sha256:${hex}` as Digest };
}

/** Opens an archive that `docker save` wrote before Docker 1.10: a chain of layers, each naming its parent. */
export function openLegacyArchive(
  container: ImageContainer,
  reference: string,
  tag: string | undefined,
): Image {
  const repositories = readDocument(container, 'repositories', repositoriesDocument);
  const tops = Object.entries(repositories).flatMap(([name, tags]) =>
    Object.entries(tags).map(([label, id]) => ({ name: `${name}:${label}`, id })),
  );
  const top = pickImage(tops, tag, (image) => [image.name], {
    container,
    names: tops.map((image) => image.name),
  });
  const chain: { name: string; createdBy: string | undefined }[] = [];
  let platform: string | null = null;
  for (let id: string | null | undefined = top.id; id; ) {
    if (chain.length >= limits.layersPerImage) {
      throw new ClairError(
        'target-corrupt',
        `${container.name}: the parents of layer ${top.name} form a cycle`,
      );
    }
    const layer: ReturnType<typeof readLegacyLayer> = readLegacyLayer(container, id);
    platform ??= platformText(layer);
    chain.unshift({ name: `${id}/layer.tar`, createdBy: layer.container_config?.Cmd?.join(' ') });
    id = layer.parent;
  }
  const config: ImageConfig = { history: chain.map(({ createdBy }) => ({ created_by: createdBy })) };
  const layers = assembleLayers(container, chain, config);
  const identity = imageIdentity({ names: [top.name] }, limits);
  return { target: { reference, kind: 'docker-archive', manifest: null, platform, ...identity }, layers };
}

function readLegacyLayer(
  container: ImageContainer,
  id: string,
): ReturnType<typeof readDocument<typeof legacyLayerDocument>> {
  return readDocument(container, `${id}/json`, legacyLayerDocument);
}

/** Returns the image with the tag, or the only one. */
function pickImage<T>(
  images: readonly T[],
  tag: string | undefined,
  tagsOf: (image: T) => readonly string[],
  { container, names }: { container: ImageContainer; names: readonly string[] },
): T {
  const fitting =
    tag === undefined ? images : images.filter((image) => tagsOf(image).some((name) => isNameOf(name, tag)));
  const [first] = fitting;
  if (first === undefined) {
    const what = tag === undefined ? 'no image' : `no image ${tag}`;
    throw new ClairError(
      'target-not-found',
      `${container.name} has ${what}${names.length ? `; it has ${names.join(', ')}` : ''}`,
    );
  }
  if (fitting.length > 1) {
    throw new ClairError(
      'target-not-found',
      `${container.name} has ${fitting.length} images; append one of their names: ${names.map((name) => `:${name}`).join(', ')}`,
    );
  }
  return first;
}

/** Whether `manifest.json` lists an image. Some archives have an empty one beside an OCI index. */
export function hasDockerManifest(container: ImageContainer): boolean {
  const bytes = container.document('manifest.json');
  if (bytes === undefined) return false;
  if (['', 'null'].includes(bytes.toString('latin1').trim())) return false;
  return parseDocument(bytes, `manifest.json in ${container.name}`, dockerManifestDocument).length > 0;
}
