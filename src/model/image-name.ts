/** An image as registries name it. */
export interface ImageName {
  /** `docker.io` where none is named. */
  readonly registry: string;
  /** `library/alpine` for the one that is called `alpine` there. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Only these have an image's name; what is on disk has that of a file, which says nothing of the image in it. */
const named: ReadonlySet<string | null> = new Set(['registry', 'docker', 'podman']);

/** The name that a target has in a registry, if it came from one or from a daemon. */
export function imageNameOf({
  kind,
  reference,
}: {
  readonly kind: string | null;
  readonly reference: string;
}): ImageName | undefined {
  return named.has(kind) ? parseImageName(reference.replace(/^(?:registry|docker|podman):/, '')) : undefined;
}

/** A reference as Docker reads it; undefined where it is none. */
export function parseImageName(reference: string): ImageName | undefined {
  const [, path = '', tag, digest] =
    /^([^@\s]+?)(?::([\w][\w.-]{0,127}))?(?:@([a-z\d]+:[\da-f]{32,128}))?$/i.exec(reference) ?? [];
  if (path === '') return undefined;
  return {
    ...repositoryOf(path),
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest: digest.toLowerCase() }),
  };
}

/** Without a dot, a port or `localhost` at its beginning a name is one of Docker's own registry, which has several. */
function repositoryOf(path: string): Pick<ImageName, 'registry' | 'repository'> {
  const [, first = '', rest] = /^([^/]*)\/(.+)$/s.exec(path.toLowerCase()) ?? [];
  const named = first === 'localhost' || /[.:]/.test(first) ? first : undefined;
  const repository = named === undefined || rest === undefined ? path.toLowerCase() : rest;
  const isHub = named === undefined || /^(?:index\.|registry-1\.)?docker\.io$/.test(named);
  if (!isHub) return { registry: named, repository };
  return {
    registry: 'docker.io',
    repository: repository.includes('/') ? repository : `library/${repository}`,
  };
}

/** Whether an image is called so, without tag, with or without its registry. */
export function isNamedImage({ registry, repository }: ImageName, name: string): boolean {
  const short = registry === 'docker.io' ? repository.replace(/^library\//, '') : repository;
  return [short, repository, `${registry}/${repository}`].includes(name.toLowerCase());
}
