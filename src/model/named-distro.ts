import type { Distro } from './distro.ts';
import { distroIdOf, isRolling, namespaceOfDistro } from './namespace.ts';
import { releaseOf, unstable } from './release.ts';

/**
 * The distribution that a user names: `debian:12`, `debian:bookworm`, `alpine:3.20`, `wolfi`. By the name of its namespace or by `ID` of
 * os-release. Undefined for one that is not known, and without a release where there are several.
 */
export function namedDistro(text: string): Distro | undefined {
  const [, name = '', release] = /^([a-z][\w-]*)(?::v?([\w.]+))?$/.exec(text) ?? [];
  const id = distroIdOf(name);
  if (id === undefined || isRolling(id) !== (release === undefined)) return undefined;
  const distro: Distro = { id, ...releaseNamed(release), like: [], source: 'user' };
  const namespace = namespaceOfDistro(distro);
  // What is no release of the distribution leaves its namespace without one.
  if (namespace === undefined || namespace.name.includes(':') !== (release !== undefined)) return undefined;
  return { ...distro, prettyName: `${namespace.name}, given by --distro` };
}

/** The given distribution of an image, with what the image itself says where that is another. */
export function givenDistro(given: Distro, found: Distro | null): Distro {
  const isSame = found === null || namespaceOfDistro(found)?.name === namespaceOfDistro(given)?.name;
  if (isSame) return given;
  return { ...given, prettyName: `${given.prettyName}; the image says ${found.prettyName ?? found.id}` };
}

function releaseNamed(release: string | undefined): Pick<Distro, 'versionId' | 'versionCodename'> {
  if (release === undefined) return {};
  if (release === unstable || release === 'unstable') return { versionCodename: unstable };
  const known = releaseOf(release);
  return { versionId: known?.versionId ?? release };
}
