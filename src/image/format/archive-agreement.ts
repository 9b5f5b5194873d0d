import { ClairError } from '../../core/errors.ts';
import { sha256Of } from '../../kit/sha256.ts';
import type { ImageContainer } from '../container/image-container.ts';
import type { ListedImage } from './choose-manifest.ts';
import {
  configDocument,
  dockerManifestDocument,
  isNameOf,
  manifestDocument,
  parseDocument,
  readDocument,
} from './documents.ts';
import { layoutBlobPath, listOciImages } from './oci-layout.ts';
import { fitsPlatform, platformText } from './platform.ts';

/** The image that was chosen from an archive. */
export interface ChosenImage {
  /** A tag or a name. */
  readonly reference: string | undefined;
  readonly platform: string | null;
}

/** An image as listed in `manifest.json` or in `index.json`. */
interface NamedImage {
  readonly names: readonly string[];
  readonly platform: string | null;
  /** Equal for two images if their configuration and layers are the same files. */
  readonly identity: string;
}

/**
 * Throws `target-corrupt` if `manifest.json` and `index.json` of an archive have different images for the chosen name and platform. Some
 * runtimes read one document, others the other one.
 */
export async function refuseDisagreement(container: ImageContainer, chosen: ChosenImage): Promise<void> {
  const ofDocker = identitiesOf(dockerImages(container), chosen);
  const listed = await listOciImages(container);
  // Docker writes an empty index when it saves an image by its ID.
  if (listed.length === 0) return;
  const ofLayout = identitiesOf(layoutImages(container, listed), chosen);
  // manifest.json may omit platforms that the index has.
  if (
    ofDocker.size === 0 ||
    (ofLayout.size === ofDocker.size && [...ofLayout].every((each) => ofDocker.has(each)))
  )
    return;
  throw new ClairError(
    'target-corrupt',
    `${container.name} has different images in manifest.json and index.json: runtimes differ in which document they read; save the image again`,
  );
}

/** Returns the identities of the images with a name and a platform, or of all images of the platform if no image has the name. */
function identitiesOf(
  images: readonly NamedImage[],
  { reference, platform }: ChosenImage,
): ReadonlySet<string> {
  const named = images.filter(({ names }) => names.some((name) => isNameOf(name, reference ?? name)));
  const fitting = (named.length > 0 ? named : images).filter(
    (image) => platform === null || image.platform === null || fitsPlatform(image.platform, platform),
  );
  return new Set(fitting.map(({ identity }) => identity));
}

function dockerImages(container: ImageContainer): NamedImage[] {
  return readDocument(container, 'manifest.json', dockerManifestDocument).map(
    ({ Config, RepoTags, Layers }) => {
      const bytes = container.document(Config);
      return {
        names: [...(RepoTags ?? []), Config],
        platform: platformText(readDocument(container, Config, configDocument)),
        identity: identityOf(container, bytes && `sha256:${sha256Of(bytes)}`, Layers ?? []),
      };
    },
  );
}

/** Returns the images of the index whose manifests are in the archive. */
function layoutImages(container: ImageContainer, entries: readonly ListedImage[]): NamedImage[] {
  return entries.flatMap(({ digest, platform, names }) => {
    const bytes = container.document(layoutBlobPath(digest));
    if (bytes === undefined) return [];
    const what = `manifest ${digest} in ${container.name}`;
    const { config, layers } = parseDocument(bytes, what, manifestDocument);
    const files = layers.map((layer) => layoutBlobPath(layer.digest));
    return [{ names: [...names, digest], platform, identity: identityOf(container, config.digest, files) }];
  });
}

function identityOf(container: ImageContainer, config: string | undefined, files: readonly string[]): string {
  return [config, ...files.map((file) => placeIn(container, file))].join(' ');
}

function placeIn(container: ImageContainer, file: string): string {
  const place = container.find(file)?.place;
  return place !== undefined && 'offset' in place ? `${place.offset}+${place.size}` : 'missing';
}
