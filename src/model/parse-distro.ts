import type { Distro } from './distro.ts';
import { distroIdOf, isRolling, namespaceOfDistro } from './namespace.ts';
import { releaseOf, unstable } from './release.ts';

/**
 * The distribution that a user names: `debian:12`, `debian:bookworm`, `alpine:3.20`, `wolfi`. By the name of its namespace or by `ID` of
 * os-release. Undefined for one that is not known, and without a release where there are several.
 */
export function parseDistro(text: string): Distro | undefined {
  const [, name = '', release] = /^([a-z][\w-]*)(?::v?([\w.]+))?$/.exec(text) ?? [];
  const id = distroIdOf(name);
  if (id === undefined || isRolling(id) !== (release === undefined)) return undefined;
  const distro: Distro = { id, ...parseRelease(release), like: [], source: 'user' };
  const namespace = namespaceOfDistro(distro);
  // What is no release of the distribution leaves its namespace without one.
  if (namespace === undefined || namespace.name.includes(':') !== (release !== undefined)) return undefined;
  return { ...distro, prettyName: `${namespace.name}, given by --distro` };
}

/** The given distribution of an image, with what the image itself says where that is another. */
export function overrideDistro(override: Distro, detected: Distro | null): Distro {
  const isSame = detected === null || namespaceOfDistro(detected)?.name === namespaceOfDistro(override)?.name;
  if (isSame) return override;
  return {
    ...override,
    prettyName: `${override.prettyName}; the image says ${detected.prettyName ?? detected.id}`,
  };
}

function parseRelease(release: string | undefined): Pick<Distro, 'versionId' | 'versionCodename'> {
  if (release === undefined) return {};
  if (release === unstable || release === 'unstable') return { versionCodename: unstable };
  const codenamed = releaseOf(release);
  return { versionId: codenamed?.versionId ?? release };
}
