import { trimCharactersEnd } from '../kit/collections.ts';

/** Prefixes of targets in other tools, and the prefixes that they correspond to here. */
const prefixAliases: ReadonlyMap<string, string> = new Map([
  ['oci-dir', 'oci:'],
  ['oci-layout', 'oci:'],
  ['docker-daemon', 'docker:'],
  ['containers-storage', 'podman:'],
]);

/** Schemes of other tools and their prefixes here. To skopeo and Kubernetes, `docker://` is a registry. */
const schemes: ReadonlyMap<string, string> = new Map([
  ...['docker', 'registry', 'http', 'https'].map((name) => [name, 'registry:'] as const),
  ...['podman', 'containerd', 'docker-archive', 'oci', 'oci-archive', 'rootfs-tar', 'dir', 'aci', 'sbom'].map(
    (name) => [name, `${name}:`] as const,
  ),
  ...prefixAliases,
  ['file', ''],
]);

/** Returns the target that was probably meant by a URL or by a target of another tool. Returns undefined if the target is neither. */
export function suggestedTarget(target: string): string | undefined {
  const [, scheme = '', slashes, rest = ''] = /^([a-z][a-z-]+):(\/\/)?(.+)$/is.exec(target) ?? [];
  const kind = (slashes === undefined ? prefixAliases : schemes).get(scheme.toLowerCase());
  if (kind === undefined) return undefined;
  return `${kind}${kind === 'registry:' ? imageOfUrl(rest) : rest}`;
}

/** Removes credentials, query and trailing slash, and turns a Docker Hub page into the name of its image. */
function imageOfUrl(rest: string): string {
  return withoutQuery(withoutCredentials(rest))
    .replace(/^hub\.docker\.com\/_\//, 'docker.io/library/')
    .replace(/^hub\.docker\.com\/r\//, 'docker.io/');
}

function withoutCredentials(rest: string): string {
  const slash = rest.indexOf('/');
  return slash < 2 ? rest : rest.slice(rest.lastIndexOf('@', slash - 2) + 1);
}

function withoutQuery(rest: string): string {
  const end = rest.search(/[?#]/);
  return end < 0 ? trimCharactersEnd(rest, '/') : rest.slice(0, end);
}

const fileSuffix =
  /\.(?:tar|tgz|txz|tbz2?|tzst|gz|zst|xz|bz2|zip|aci|json|ya?ml|xml|spdx|cdx|txt|html|sarif|db)(?:\.\w+)?(?::.*)?$/is;

/** Whether a missing target looks like a path, so that no registry is queried for it. */
export function looksLikePath(target: string): boolean {
  return /^[/.~]|\\/.test(target) || fileSuffix.test(target.slice(target.lastIndexOf('/') + 1));
}
