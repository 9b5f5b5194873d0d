import { databaseError } from './errors.ts';

/** Length of the columns for names in Clair's database. */
const nameCharacters = 128;

/** Returns the name if Clair's database could store it. Throws Clair's database error otherwise. */
export function storableName(name: string): string {
  if (Array.from(name).length > nameCharacters || name.includes('\u0000')) throw databaseError();
  return name;
}

/** Returns the name of a namespace in the API. Clair stores advisories for RHEL under CentOS. */
export function wireNamespace(name: string): string {
  return name.replace(/^rhel:/, 'centos:');
}

/** Returns the namespace for a name in the API; the inverse of `wireNamespace`. */
export function namespaceOfWire(name: string): string {
  return name.replace(/^centos:/, 'rhel:');
}

/** Returns Clair's name for a version scheme. Clair compares versions of Alpine by `dpkg`. Empty if the scheme is unknown. */
export function wireVersionFormat(versionScheme: string): string {
  return versionScheme === 'apk' ? 'dpkg' : versionScheme;
}
