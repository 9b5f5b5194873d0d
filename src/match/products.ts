/** Vendor, product and version of a CPE 2.2 URI. */
const parts = /^cpe:\/[aoh]:([^:]*):([^:]*):?([^:]*)/;

/**
 * Returns whether every system of a namespace follows a product stream. This holds for RHEL itself in any of its parts. It does not hold
 * for extended support (EUS, AUS, E4S, TUS, ELS), whose products have fixes of their own, nor for layered products such as OpenShift or
 * SUSE's LTSS. The packages of an image do not show which of those it uses.
 */
export function isGeneralStream(cpe: string, namespace: string): boolean {
  const [, vendor, product, version = ''] = parts.exec(cpe) ?? [];
  if (vendor !== 'redhat') return false;
  if (namespace === 'hummingbird') return product === 'hummingbird';
  const [, release] = /^rhel:(\d+)$/.exec(namespace) ?? [];
  return product === 'enterprise_linux' && release !== undefined && version.split('.')[0] === release;
}
