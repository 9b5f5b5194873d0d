/** The prefix of the namespaces of openEuler. */
const prefix = 'openeuler:';
/** The name of its ecosystem in OSV. */
const ecosystemName = 'openEuler';

/**
 * Releases with security advisories: those with long-term support and their service packs. Other releases, and an image that does not state
 * its service pack, have none.
 */
const supported = /^\d\d\.\d\d-LTS(?:-(?:SP\d{1,2}|Next))?$/;

/** Returns whether a namespace is of a release with advisories: `openeuler:24.03-LTS-SP1`. */
export function isRelease(namespace: string): boolean {
  return namespace.startsWith(prefix) && supported.test(namespace.slice(prefix.length));
}

/** Returns the namespace of an ecosystem of OSV, `openEuler:24.03-LTS-SP1`. Undefined if it is of no such release. */
export function namespaceOfEcosystemName(ecosystem: string): string | undefined {
  const [name, release = ''] = ecosystem.split(':', 2);
  if (name !== ecosystemName) return undefined;
  const namespace = prefix + release;
  return isRelease(namespace) ? namespace : undefined;
}
