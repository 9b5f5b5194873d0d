import { trimCharactersEnd } from '../kit/collections.ts';
import { type ImageName, imageNameOf, parseImageName } from '../model/image-name.ts';
import { formatPurl } from '../model/purl.ts';
import { type ImageSubject, imageTitleOf } from './title.ts';

/**
 * Returns the package URL of an image: type `oci` if the digest of its manifest is known, `docker` if only its name and image ID are
 * known, otherwise undefined.
 */
export function imagePurl(target: ImageSubject): string | undefined {
  const { manifest, digest } = target;
  const [pinned] = pinnedImages(target);
  const image = pinned?.image ?? nameOf(target);
  const version = manifest ?? pinned?.digest;
  if (version !== undefined)
    return formatPurl({
      type: 'oci',
      name: shortNameOf(target, image),
      version,
      qualifiers: {
        arch: target.platform?.split('/')[1],
        repository_url: image && `${image.registry}/${image.repository}`,
        tag: nameOf(target)?.tag,
      },
    });
  return digest === undefined || image === undefined ? undefined : dockerPurl(image, digest);
}

function dockerPurl({ registry, repository }: ImageName, version: string): string {
  const slash = repository.lastIndexOf('/');
  return formatPurl({
    type: 'docker',
    ...(slash > 0 && { namespace: repository.slice(0, slash) }),
    name: repository.slice(slash + 1),
    version,
    qualifiers: { repository_url: registry === 'docker.io' ? undefined : registry },
  });
}

/**
 * Returns the package URLs that other scanners, such as Trivy and Grype, give an image: one for each registry digest, or else one for each
 * name. Scanners compare every qualifier and differ in `arch`, `tag` and the name of Docker Hub. URLs with a digest therefore have none.
 */
export function matchingPurls(target: ImageSubject): string[] {
  const pinned = pinnedImages(target).map(({ image, digest }) => ({ name: shortName(image), digest }));
  const name = shortNameOf(target, nameOf(target));
  if (target.manifest !== null) pinned.push({ name, digest: target.manifest });
  const byDigest = pinned.map(({ name, digest }) => formatPurl({ type: 'oci', name, version: digest }));
  return [...new Set(byDigest.length > 0 ? byDigest : (target.names ?? []).flatMap(purlOfName))];
}

function purlOfName(name: string): string[] {
  const image = parseImageName(name);
  if (image?.tag === undefined) return [];
  const { registry, repository, tag } = image;
  // Grype adds no registry to a name without one.
  const url = registry === 'docker.io' ? undefined : `${registry}/${repository}`;
  return [formatPurl({ type: 'oci', name: shortName(image), qualifiers: { repository_url: url, tag } })];
}

interface PinnedImage {
  readonly image: ImageName;
  readonly digest: string;
}

function pinnedImages({ repoDigests = [] }: ImageSubject): PinnedImage[] {
  return repoDigests.flatMap((text) => {
    const image = parseImageName(text);
    return image?.digest === undefined ? [] : [{ image, digest: image.digest }];
  });
}

function nameOf(target: ImageSubject): ImageName | undefined {
  return (target.names ?? []).length > 0 ? parseImageName(imageTitleOf(target)) : imageNameOf(target);
}

function shortName({ repository }: ImageName): string {
  return repository.slice(repository.lastIndexOf('/') + 1);
}

/** Returns the last component of the image's name, or a name derived from its file or directory. */
function shortNameOf({ reference }: ImageSubject, image: ImageName | undefined): string {
  if (image !== undefined) return shortName(image);
  const file = trimCharactersEnd(reference, '/').split('/').at(-1) ?? '';
  const name = file
    .toLowerCase()
    .replace(/^[a-z-]+:|\.(?:tar|oci)\b.*/gs, '')
    .replaceAll(/[^a-z\d._-]+/g, '-');
  return name === '' ? 'image' : name;
}
