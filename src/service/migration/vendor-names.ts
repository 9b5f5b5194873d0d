/** Namespaces that the updaters of Clair 2 write. */
const vendorNamespace = /^(?:debian|ubuntu|alpine|centos|oracle|amzn):/;

/** Ids that these updaters write, in any of the namespaces. */
const vendorIds: readonly RegExp[] = [
  /^CVE[-_]\d{4}[-_][\w-]+$/i,
  /^TEMP-\d+-[\dA-F]+$/i,
  /^(?:RH[SBE]A|CESA)-\d{4}:\d+$/i,
  /^EL[SBE]A-\d{4}-\d+$/i,
  /^ALAS\d*-\d{4}-\d+$/i,
];

/** Why a vulnerability of Clair 2 counts as written by a user: no vendor writes into its namespace, or no vendor has such names. */
export type UserEvidence = 'namespace' | 'name';

/**
 * Returns why a vulnerability of Clair 2 was written by a user. Undefined if an updater may have written it: Clair 2 does not record the
 * origin.
 */
export function userEvidenceOf(namespace: string, name: string): UserEvidence | undefined {
  if (!vendorNamespace.test(namespace)) return 'namespace';
  return vendorIds.some((id) => id.test(name)) ? undefined : 'name';
}
