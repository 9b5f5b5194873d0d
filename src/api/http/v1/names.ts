import { databaseError } from './errors.ts';

/** Clair keeps names in columns of this length. */
const nameCharacters = 128;

/** A name as Clair's database takes it; any other is refused in its words. */
export function storableName(name: string): string {
  if (Array.from(name).length > nameCharacters || name.includes('\u0000')) throw databaseError();
  return name;
}

/** Clair files what Red Hat says of RHEL under CentOS. */
export function wireNamespace(name: string): string {
  return name.replace(/^rhel:/, 'centos:');
}

/** The namespace that a name on the wire means. */
export function namespaceOfWire(name: string): string {
  return name.replace(/^centos:/, 'rhel:');
}

/** How Clair calls the orders of versions it knows; Alpine's was Debian's to it. Empty where the order is not known. */
export function wireVersionFormat(versionScheme: string): string {
  return versionScheme === 'apk' ? 'dpkg' : versionScheme;
}
