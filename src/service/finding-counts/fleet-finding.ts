import type { WeighedFinding } from '../../match/upgrades/weighed-finding.ts';
import { namespaceOfProduct, schemesOfTypes } from '../../model/namespace.ts';
import type { FoundPackage } from '../../store/finding-count-store.ts';
import type { ImageSum, UpgradeFinding } from '../../store/finding-index-store.ts';

/** Returns a text that differs for different findings, and for different parents of their package. */
export function keyOfFinding({ number, parent }: UpgradeFinding): string {
  return parent === null ? String(number) : JSON.stringify([number, parent.name, parent.version ?? null]);
}

/** Returns a finding of the index for the planner of upgrades. The index has no ranges: all versions below the fixed one are affected. */
export function weighedFinding(
  { vulnerability: id, severity, exploited, epss, fix, package: found, parent }: UpgradeFinding,
  { images, weight }: ImageSum,
): WeighedFinding {
  const { namespace, lookupName, type, name, version, source } = found;
  return {
    vulnerability: { id, severity, kev: exploited === 'unknown' ? null : exploited === 'yes', epss },
    package: {
      type,
      name,
      version,
      source: source === null ? null : { name: source, version },
      ...(parent !== null && { parent }),
    },
    fix,
    evidence: [
      {
        namespace,
        package: lookupName,
        installed: version,
        range: fix.state === 'fixed' ? { to: fix.version } : {},
        versionScheme: versionSchemeOf(found),
      },
    ],
    weight: images,
    importance: weight,
  };
}

/** Returns the name of the scheme of a package. Empty if it has none: its versions then have no order. */
function versionSchemeOf({ type, namespace }: FoundPackage): string {
  const product = namespaceOfProduct(namespace.slice(namespace.indexOf(':') + 1));
  if (product?.name === namespace) return product.versionScheme;
  return schemesOfTypes.get(type) ?? '';
}
