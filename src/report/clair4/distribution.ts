import type { Distro } from '../../model/distro.ts';
import { namespaceOfDistro } from '../../model/namespace.ts';
import { type V4Distribution, v4DistributionMembers } from './types.ts';

/** The texts about a release. */
type Release = Pick<V4Distribution, 'name' | 'version' | 'version_code_name' | 'version_id' | 'pretty_name'> &
  Partial<Pick<V4Distribution, 'cpe'>>;

/**
 * Clair's texts for a release, by `ID` of os-release. Clients look advisories up by `did` and `version_id`, so these must be the same.
 */
const releases: Readonly<Record<string, (distro: Distro) => Partial<Release>>> = {
  alpine(distro) {
    const branch = namespaceOfDistro(distro)?.name.replace(/^alpine:v?/, '') ?? '';
    const pretty = branch === 'edge' ? 'Alpine Linux edge' : `Alpine Linux v${branch}`;
    return { name: 'Alpine Linux', version: branch, version_id: '', pretty_name: pretty };
  },
  debian(distro) {
    const version = versionWith(distro, distro.versionCodename);
    return {
      name: 'Debian GNU/Linux',
      version,
      pretty_name: distro.prettyName ?? `Debian GNU/Linux ${version}`,
    };
  },
  ubuntu: (distro) => ({
    name: 'Ubuntu',
    version: versionWith(distro, capitalized(distro.versionCodename)),
    pretty_name: `Ubuntu ${distro.versionId ?? ''}`,
  }),
  rhel: (distro) => ({
    ...majorRelease('Red Hat Enterprise Linux Server', distro),
    cpe: `cpe:2.3:o:redhat:enterprise_linux:${majorOf(distro)}:*:*:*:*:*:*:*`,
  }),
  ol: (distro) => ({
    ...majorRelease('Oracle Linux Server', distro),
    version_code_name: `Oracle Linux ${majorOf(distro)}`,
  }),
  sles: (distro) => ({ ...majorRelease('SUSE Linux Enterprise Server', distro), name: 'SLES' }),
};

/** Returns a distribution as Clair writes it. `id` is the id within the document. */
export function toV4Distribution(distro: Distro, id: string): V4Distribution {
  const { id: did, versionId = '', versionCodename = '', prettyName = '' } = distro;
  return {
    id,
    did,
    name: nameOf(prettyName, versionId),
    version: versionId,
    version_code_name: versionCodename,
    version_id: versionId,
    arch: '',
    cpe: '',
    pretty_name: prettyName,
    ...releases[did]?.(distro),
  };
}

function majorRelease(name: string, distro: Distro): Partial<Release> {
  const version = majorOf(distro);
  return { name, version, version_id: version, pretty_name: `${name} ${version}` };
}

function majorOf({ versionId = '' }: Distro): string {
  return versionId.split('.')[0] ?? '';
}

function versionWith({ versionId = '' }: Distro, codename: string | undefined): string {
  if (codename === undefined) return versionId;
  return versionId === '' ? codename : `${versionId} (${codename})`;
}

function capitalized(text: string | undefined): string | undefined {
  return text === undefined ? undefined : text.charAt(0).toUpperCase() + text.slice(1);
}

/** Returns the part of a pretty name before the version: `openSUSE Leap` of `openSUSE Leap 15.1`. */
function nameOf(prettyName: string, versionId: string): string {
  const words = prettyName.split(' ');
  const end = words.findIndex((word) => /^v?\d/.test(word) || word === versionId || word.startsWith('('));
  return (end < 0 ? words : words.slice(0, end)).join(' ');
}

/** The distribution of a vulnerability that belongs to none. */
export const noV4Distribution = Object.fromEntries(
  v4DistributionMembers.map((member) => [member, '']),
) as V4Distribution;

/** Returns what the name of a namespace says about its distribution. A namespace without releases has none. */
export function distributionOfNamespace(namespace: string): V4Distribution {
  const [did = '', release = ''] = namespace.split(':');
  const version = release.replace(/^v(?=\d)/, '');
  return version === '' ? noV4Distribution : { ...noV4Distribution, did, version, version_id: version };
}
