/** Vendor, product and version of a CPE 2.2 URI. */
const parts = /^cpe:\/[aoh]:([^:]*):([^:]*):?([^:]*)/;

/**
 * Whether a product stream is one that every system of a namespace follows: RHEL itself in any of its parts, but neither its
 * extended support (EUS, AUS, E4S, TUS, ELS: products of their own, with fixes of their own) nor what is sold on top of it, such
 * as OpenShift or SUSE's LTSS. Which of those an image uses, its packages do not tell.
 */
export function isGeneralStream(cpe: string, namespace: string): boolean {
  const [, vendor, product, version = ''] = parts.exec(cpe) ?? [];
  if (vendor !== 'redhat') return false;
  if (namespace === 'hummingbird') return product === 'hummingbird';
  const [, release] = /^rhel:(\d+)$/.exec(namespace) ?? [];
  return product === 'enterprise_linux' && release !== undefined && version.split('.')[0] === release;
}
