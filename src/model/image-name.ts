/** The name of an image in a registry, without tag. */
export interface ImageName {
  /** `docker.io` if no registry is named. */
  readonly registry: string;
  /** `library/alpine` for `alpine` of Docker Hub. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Kinds of targets with an image name. A file name on disk says nothing about the image in it. */
const named: ReadonlySet<string | null> = new Set(['registry', 'docker', 'podman', 'containerd']);

/** The name of a target in a registry, if it comes from one or from a daemon. */
export function imageNameOf({
  kind,
  reference,
}: {
  readonly kind: string | null;
  readonly reference: string;
}): ImageName | undefined {
  return named.has(kind)
    ? parseImageName(reference.replace(/^(?:registry|docker|podman|containerd):/, ''))
    : undefined;
}

/** Parses a reference like Docker. Undefined if it is invalid. */
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

/** A name whose beginning has no dot, port or `localhost` is one of Docker Hub, which has several host names. */
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

/** Returns whether an image has this name, without tag, with or without its registry. */
export function isNamedImage({ registry, repository }: ImageName, name: string): boolean {
  const short = registry === 'docker.io' ? repository.replace(/^library\//, '') : repository;
  return [short, repository, `${registry}/${repository}`].includes(name.toLowerCase());
}
