import type { Fix } from '../../../model/fix.ts';
import type { Namespace } from '../../../model/namespace.ts';
import type { PackageVulnerability } from '../../../service/findings/package-vulnerabilities.ts';
import type {
  FixedPackage,
  FullVulnerability,
  VulnerabilityView,
} from '../../../service/findings/vulnerability-view.ts';
import type { AddedBy, LayerPackage, LayerView } from '../../../service/ingest/layer-view.ts';
import type { StoredEnrichment } from '../../../store/enrichment-store.ts';
import type { ImagePackage, PackageLookup } from '../../../store/image-store.ts';
import type * as wire from './types.ts';

/** Clair's engine version, which clients compare with `IndexedByVersion`. */
export const engineVersion = 3;

/** The version that Clair writes for a vulnerability without a fix. */
export const noFix = 'None';

/** Renders a namespace for the v1 API. */
export function renderNamespace({ name, versionScheme }: Namespace): wire.V1Namespace {
  return { Name: wireNamespace(name), VersionFormat: wireVersionFormat(versionScheme) };
}

/** Renders a time for the v1 API: seconds since 1970 as text; empty for null. */
export function renderTime(time: string | null): string {
  return time === null ? '' : String(Math.floor(Date.parse(time) / 1000));
}

/** Renders a layer for the v1 API, with features if the view has packages. */
export function renderLayer({ name, parent, namespace, packages }: LayerView): wire.V1Layer {
  return {
    Name: name,
    NamespaceName: namespace === null ? '' : wireNamespace(namespace.name),
    ParentName: parent ?? '',
    IndexedByVersion: engineVersion,
    ...(packages !== undefined && { Features: renderFeatures(packages) }),
  };
}

interface FeatureEntry {
  readonly feature: wire.V1Feature;
  addedBy: AddedBy;
  readonly found: Map<string, PackageVulnerability>;
}

/**
 * Renders packages as features, each once: source packages on Debian and Ubuntu, otherwise the packages themselves. Omits packages
 * without a namespace.
 */
function renderFeatures(packages: readonly LayerPackage[]): wire.V1Feature[] {
  const features = new Map<string, FeatureEntry>();
  for (const { package: item, addedBy, vulnerabilities } of packages) {
    if (item.lookup === null) continue;
    const { name, version } = featureNameOf(item, item.lookup);
    const key = `${item.lookup.namespace.name}\n${name}\n${version}`;
    const entry = features.get(key) ?? {
      feature: {
        Name: name,
        NamespaceName: wireNamespace(item.lookup.namespace.name),
        VersionFormat: wireVersionFormat(item.lookup.namespace.versionScheme),
        Version: version,
      },
      addedBy,
      found: new Map<string, PackageVulnerability>(),
    };
    // The binary packages of a source package may be from several layers.
    if (addedBy.position < entry.addedBy.position) entry.addedBy = addedBy;
    features.set(key, entry);
    for (const one of vulnerabilities) entry.found.set(one.id, one);
  }
  return [...features.values()].map(({ feature, addedBy, found }) => ({
    ...feature,
    AddedBy: addedBy.name,
    Vulnerabilities: [...found.values()].map(renderWithFixedBy),
  }));
}

function featureNameOf(
  item: ImagePackage,
  lookup: PackageLookup,
): { readonly name: string; readonly version: string } {
  return lookup.namespace.versionScheme === 'dpkg' ? lookup : item;
}

function renderWithFixedBy(vulnerability: PackageVulnerability): wire.V1Vulnerability {
  return {
    ...renderVulnerability(vulnerability),
    FixedBy: vulnerability.fix.state === 'fixed' ? vulnerability.fix.version : '',
  };
}

/** Renders a vulnerability for the v1 API, without the features that fix it. */
export function renderVulnerability(view: VulnerabilityView): wire.V1Vulnerability {
  const metadata = view.metadata ?? metadataOf(view.enrichments);
  return {
    Name: view.id,
    NamespaceName: wireNamespace(view.namespace.name),
    Description: view.description ?? '',
    Link: view.link ?? '',
    Severity: view.severity,
    Metadata: metadata,
  };
}

/** Renders a vulnerability for the v1 API, with the features that fix it. */
export function renderWithFixes(full: FullVulnerability): wire.V1Vulnerability {
  return { ...renderVulnerability(full), FixedIn: renderFixes(full) };
}

/** Renders the features that fix a vulnerability. */
export function renderFixes({
  namespace,
  fixes,
}: Pick<FullVulnerability, 'namespace' | 'fixes'>): wire.V1Feature[] {
  return fixes.map((one) => renderFix(one, namespace));
}

function renderFix({ package: name, fix }: FixedPackage, namespace: Namespace): wire.V1Feature {
  return {
    Name: name,
    NamespaceName: wireNamespace(namespace.name),
    VersionFormat: wireVersionFormat(namespace.versionScheme),
    Version: versionOf(fix),
  };
}

function versionOf(fix: Fix): string {
  return fix.state === 'fixed' ? fix.version : noFix;
}

/** Returns the metadata from enrichments, under the keys of Clair (`NVD`) and further ones. */
function metadataOf(enrichments: readonly StoredEnrichment[]): Record<string, unknown> {
  const nvd = enrichments.find(({ source }) => source === 'nvd');
  const cvss = Object.fromEntries(
    (nvd?.cvss ?? [])
      .toReversed()
      .map(({ vector, score }) => [
        cvssName(vector),
        { Vectors: vector, ...(score !== undefined && { Score: score }) },
      ]),
  );
  const epss = enrichments.find((one) => one.epss !== undefined)?.epss;
  const exploited = enrichments.find((one) => one.exploited !== undefined)?.exploited;
  return {
    ...(Object.keys(cvss).length > 0 && { NVD: cvss }),
    ...(epss !== undefined && { EPSS: { Score: epss.score, Percentile: epss.percentile } }),
    ...(exploited !== undefined && { KEV: { DateAdded: exploited.since } }),
  };
}

/** Returns the key of a vector: `CVSSv2` without a prefix, `CVSSv3` for `CVSS:3.1/…`. */
function cvssName(vector: string): string {
  return `CVSSv${/^CVSS:(\d)/.exec(vector)?.[1] ?? '2'}`;
}

/** Returns the name of a namespace in the API. Clair stores advisories for RHEL under CentOS. */
export function wireNamespace(name: string): string {
  return name.replace(/^rhel:/, 'centos:');
}

/** Returns Clair's name for a version scheme. Clair compares versions of Alpine by `dpkg`. Empty if the scheme is unknown. */
export function wireVersionFormat(versionScheme: string): string {
  return versionScheme === 'apk' ? 'dpkg' : versionScheme;
}
