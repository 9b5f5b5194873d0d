import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { sha256Of } from '../../kit/sha256.ts';
import type { Digest } from '../../model/digest.ts';
import { imageIdentity } from '../../model/image-identity.ts';
import type { Image } from '../image.ts';
import type { Medium } from '../medium/medium.ts';
import { assembleLayers } from './assemble.ts';
import { createdOf } from './created.ts';
import {
  configDocument,
  dockerManifestDocument,
  type ImageConfig,
  legacyLayerDocument,
  parseDocument,
  readDocument,
  repositoriesDocument,
} from './documents.ts';
import { isNameOf } from './image-name.ts';
import { platformText } from './platform.ts';

/** Opens what `docker save`, skopeo or kaniko wrote. `tag` picks one of several images. */
export function openDockerArchive(medium: Medium, reference: string, tag: string | undefined): Image {
  const manifest = readDocument(medium, 'manifest.json', dockerManifestDocument);
  const names = manifest.map((image) => image.RepoTags?.[0] ?? image.Config);
  const chosen = pick(manifest, tag, (image) => [...(image.RepoTags ?? []), image.Config], { medium, names });
  const config = readDocument(medium, chosen.Config, configDocument);
  const layers = assembleLayers(medium, (chosen.Layers ?? []).map(namedLayer), config);
  return {
    target: {
      reference,
      kind: 'docker-archive',
      manifest: null,
      platform: platformText(config),
      ...imageIdentity({ names: chosen.RepoTags ?? [], digest: imageId(medium, chosen.Config) }, limits),
      ...createdOf(config),
    },
    layers,
  };
}

/** The digest of the configuration, which Docker calls the image ID. */
function imageId(medium: Medium, config: string): string | undefined {
  const bytes = medium.document(config);
  return bytes && `sha256:${sha256Of(bytes)}`;
}

/** Since Docker 25 layers lie under `blobs/` by their digest. */
function namedLayer(name: string): { name: string; digest?: Digest } {
  const [, hex] = /(?:^|\/)blobs\/sha256\/([0-9a-f]{64})$/.exec(name) ?? [];
  return hex === undefined ? { name } : { name, digest: `sha256:${hex}` as Digest };
}

/** Opens what `docker save` wrote before Docker 1.10: a chain of layers, each naming the one below it. */
export function openLegacyArchive(medium: Medium, reference: string, tag: string | undefined): Image {
  const repositories = readDocument(medium, 'repositories', repositoriesDocument);
  const tops = Object.entries(repositories).flatMap(([name, tags]) =>
    Object.entries(tags).map(([label, id]) => ({ name: `${name}:${label}`, id })),
  );
  const top = pick(tops, tag, (image) => [image.name], { medium, names: tops.map((image) => image.name) });
  const chain: { name: string; createdBy: string | undefined }[] = [];
  let platform: string | null = null;
  for (let id: string | null | undefined = top.id; id; ) {
    if (chain.length >= limits.layersPerImage) {
      throw new ClairError(
        'target-corrupt',
        `${medium.name}: the layers of ${top.name} name each other as parents without end`,
      );
    }
    const layer: ReturnType<typeof readLegacyLayer> = readLegacyLayer(medium, id);
    platform ??= platformText(layer);
    chain.unshift({ name: `${id}/layer.tar`, createdBy: layer.container_config?.Cmd?.join(' ') });
    id = layer.parent;
  }
  const config: ImageConfig = { history: chain.map(({ createdBy }) => ({ created_by: createdBy })) };
  const layers = assembleLayers(medium, chain, config);
  const identity = imageIdentity({ names: [top.name] }, limits);
  return { target: { reference, kind: 'docker-archive', manifest: null, platform, ...identity }, layers };
}

function readLegacyLayer(
  medium: Medium,
  id: string,
): ReturnType<typeof readDocument<typeof legacyLayerDocument>> {
  return readDocument(medium, `${id}/json`, legacyLayerDocument);
}

/** The wanted image of an archive: the one with the tag, or the only one. */
function pick<T>(
  images: readonly T[],
  tag: string | undefined,
  tagsOf: (image: T) => readonly string[],
  { medium, names }: { medium: Medium; names: readonly string[] },
): T {
  const fitting =
    tag === undefined ? images : images.filter((image) => tagsOf(image).some((name) => isNameOf(name, tag)));
  const [first] = fitting;
  if (first === undefined) {
    const what = tag === undefined ? 'no image' : `no image ${tag}`;
    throw new ClairError(
      'target-not-found',
      `${medium.name} holds ${what}${names.length ? `; it has ${names.join(', ')}` : ''}`,
    );
  }
  if (fitting.length > 1) {
    throw new ClairError(
      'target-not-found',
      `${medium.name} holds ${fitting.length} images; append one of their names: ${names.map((name) => `:${name}`).join(', ')}`,
    );
  }
  return first;
}

/** Whether `manifest.json` lists an image; some archives carry an empty one beside an OCI index. */
export function hasDockerManifest(medium: Medium): boolean {
  const bytes = medium.document('manifest.json');
  if (bytes === undefined) return false;
  if (['', 'null'].includes(bytes.toString('latin1').trim())) return false;
  return parseDocument(bytes, `manifest.json in ${medium.name}`, dockerManifestDocument).length > 0;
}
