import type { Distro } from './distro.ts';
import { distroIdOf, isRolling, namespaceOfDistro } from './namespace.ts';
import { releaseOf, unstable } from './release.ts';

/**
 * Parses the distribution that a user names: `debian:12`, `debian:bookworm`, `alpine:3.20`, `wolfi`. It is named by its namespace or by
 * `ID` of os-release. Undefined if it is unknown, or lacks a release that it needs.
 */
export function parseDistro(text: string): Distro | undefined {
  const [, name = '', release] = /^([a-z][\w-]*)(?::v?([\w.]+))?$/.exec(text) ?? [];
  const id = distroIdOf(name);
  if (id === undefined || isRolling(id) !== (release === undefined)) return undefined;
  const distro: Distro = { id, ...parseRelease(release), like: [], source: 'user' };
  const namespace = namespaceOfDistro(distro);
  // An invalid release leaves the namespace without one.
  if (namespace === undefined || namespace.name.includes(':') !== (release !== undefined)) return undefined;
  return { ...distro, prettyName: `${namespace.name}, given by --distro` };
}

/** The distribution set by the user. Its name for display also has that of the image if they differ. */
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
