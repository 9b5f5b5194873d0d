import type { Fix } from '../../../model/fix.ts';
import type { Namespace } from '../../../model/namespace.ts';
import type { PackageVulnerability } from '../../../service/findings/package-vulnerabilities.ts';
import type {
  FixedPackage,
  FullVulnerability,
  VulnerabilityView,
} from '../../../service/findings/vulnerability-view.ts';
import type { AddedBy, LayerPackage, LayerView } from '../../../service/ingest/layer-view.ts';
import type { ImagePackage, StoredEnrichment } from '../../../store/store.ts';
import { wireNamespace, wireVersionFormat } from './names.ts';
import type * as wire from './types.ts';

/** Clair's number for the version of its engine; clients compare it with what they have. */
export const engineVersion = 3;

/** What Clair writes for a vulnerability without a fix. */
export const noFix = 'None';

/** A namespace in Clair's words. */
export function renderNamespace({ name, versionScheme }: Namespace): wire.V1Namespace {
  return { Name: wireNamespace(name), VersionFormat: wireVersionFormat(versionScheme) };
}

/** A time in Clair's words: seconds since 1970 as text, empty where it has not come. */
export function renderTime(time: string | null): string {
  return time === null ? '' : String(Math.floor(Date.parse(time) / 1000));
}

/** A layer in Clair's words, with its features where it was looked at so closely. */
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
 * Packages as Clair's features: on Debian and Ubuntu the source packages, elsewhere the packages themselves, each once. Packages
 * that belong to no namespace are none.
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
    // Of a source package, the binary packages may come from several layers.
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
  lookup: NonNullable<ImagePackage['lookup']>,
): { readonly name: string; readonly version: string } {
  return lookup.namespace.versionScheme === 'dpkg' ? lookup : item;
}

function renderWithFixedBy(vulnerability: PackageVulnerability): wire.V1Vulnerability {
  return {
    ...renderVulnerability(vulnerability),
    FixedBy: vulnerability.fix.state === 'fixed' ? vulnerability.fix.version : '',
  };
}

/** A vulnerability in Clair's words, without the features that fix it. */
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

/** A vulnerability in Clair's words, with the features that fix it. */
export function renderWithFixes(full: FullVulnerability): wire.V1Vulnerability {
  return { ...renderVulnerability(full), FixedIn: renderFixes(full) };
}

/** The features that fix a vulnerability. */
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

/** What others know, under the keys that Clair used, and those of ours beside them. */
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

/** `CVSSv2` for a vector without a prefix, `CVSSv3` for `CVSS:3.1/…`. */
function cvssName(vector: string): string {
  return `CVSSv${/^CVSS:(\d)/.exec(vector)?.[1] ?? '2'}`;
}
