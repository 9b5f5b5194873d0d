import { trimCharactersEnd } from '../kit/trim-characters.ts';

/** How targets begin here that begin otherwise in other tools. */
const prefixAliases: ReadonlyMap<string, string> = new Map([
  ['oci-dir', 'oci:'],
  ['oci-layout', 'oci:'],
  ['docker-daemon', 'docker:'],
  ['containers-storage', 'podman:'],
]);

/** What stands for a scheme with two slashes. To skopeo and Kubernetes, `docker://` is a registry. */
const schemes: ReadonlyMap<string, string> = new Map([
  ...['docker', 'registry', 'http', 'https'].map((name) => [name, 'registry:'] as const),
  ...['podman', 'docker-archive', 'oci', 'oci-archive', 'rootfs-tar', 'dir', 'aci', 'sbom'].map(
    (name) => [name, `${name}:`] as const,
  ),
  ...prefixAliases,
  ['file', ''],
]);

/** The target that was probably meant by one as another tool has it, or by a URL; undefined where it is neither. */
export function suggestedTarget(target: string): string | undefined {
  const [, scheme = '', slashes, rest = ''] = /^([a-z][a-z-]+):(\/\/)?(.+)$/is.exec(target) ?? [];
  const kind = (slashes === undefined ? prefixAliases : schemes).get(scheme.toLowerCase());
  if (kind === undefined) return undefined;
  return `${kind}${kind === 'registry:' ? imageOfUrl(rest) : rest}`;
}

/** Without credentials, query and slash at its end; pages of the Docker Hub as the images they are about. */
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

/** Whether a target that is not there looks like the path of a file: no registry is asked for such a name. */
export function looksLikePath(target: string): boolean {
  return /^[/.~]|\\/.test(target) || fileSuffix.test(target.slice(target.lastIndexOf('/') + 1));
}
