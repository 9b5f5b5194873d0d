import type { PackageVulnerability } from '../../../service/findings/package-vulnerabilities.ts';
import type { VulnerabilityView } from '../../../service/findings/vulnerability-view.ts';
import type { AncestryPackage, AncestryView } from '../../../service/ingest/ancestry-view.ts';
import type { ImagePackage } from '../../../store/image-store.ts';
import { encodeGoJson } from '../go-json-encode.ts';
import { renderVulnerability as renderForV1, wireNamespace, wireVersionFormat } from '../v1/render.ts';
import type * as wire from './types.ts';

/** The detectors of this server, as responses list them. */
export type Detectors = readonly wire.Detector[];

/** Renders an ancestry for the v3 API: each feature once, in the layer that introduced it. */
export function renderAncestry(
  { name, layers, detector }: AncestryView,
  detectors: Detectors,
): wire.GetAncestryResponse['ancestry'] {
  const rendered = new Map<string, MutableFeature>();
  const wireLayers = layers.map(({ hash, packages }) => {
    const features = packages.flatMap((item) => featuresOf(item, { detectors, detector }));
    return {
      layer: { hash },
      detected_features: features.flatMap((feature) => mergeRepeated(feature, rendered)),
    };
  });
  return { name, layers: wireLayers };
}

/** A feature that collects the vulnerabilities of all packages with its name and version. */
interface MutableFeature extends wire.V3Feature {
  readonly vulnerabilities: wire.V3Vulnerability[];
}

function mergeRepeated(feature: MutableFeature, rendered: Map<string, MutableFeature>): MutableFeature[] {
  const key = [feature.feature_type, feature.namespace?.name, feature.name, feature.version].join('\n');
  const existing = rendered.get(key);
  if (existing === undefined) {
    rendered.set(key, feature);
    return [feature];
  }
  const names = new Set(existing.vulnerabilities.map(({ name }) => name));
  existing.vulnerabilities.push(...feature.vulnerabilities.filter(({ name }) => !names.has(name)));
  return [];
}

interface RenderContext {
  readonly detectors: Detectors;
  /** Name of the detector that detected the distribution. */
  readonly detector: string | undefined;
}

/**
 * Returns the features of a package: the package itself, and for dpkg and rpm its source package, as in Clair. Namespaces of languages
 * have no detector.
 */
function featuresOf(
  { package: item, isOfDistribution, vulnerabilities }: AncestryPackage,
  { detectors, detector }: RenderContext,
): MutableFeature[] {
  const { lookup } = item;
  if (lookup === null) return [];
  const { name, versionScheme } = lookup.namespace;
  const namespace = {
    name: wireNamespace(name),
    ...(isOfDistribution && detectorOf(detectors, detector, 'DETECTOR_D_TYPE_NAMESPACE')),
  };
  const feature = (
    { name: featureName, version }: { readonly name: string; readonly version: string },
    type: wire.V3Feature['feature_type'] & string,
    matches: readonly PackageVulnerability[],
  ): MutableFeature => ({
    name: featureName,
    namespace,
    version,
    version_format: wireVersionFormat(versionScheme),
    ...detectorOf(detectors, item.foundBy, 'DETECTOR_D_TYPE_FEATURE'),
    vulnerabilities: matches.map(renderWithFixedBy),
    feature_type: type,
  });
  const source = sourceOf(item);
  const ofSource = vulnerabilities.filter(({ isOfSource }) => isOfSource);
  return [
    feature(item, 'binary', vulnerabilities),
    ...(source === undefined ? [] : [feature(source, 'source', ofSource)]),
  ];
}

function sourceOf({ type, source }: ImagePackage): ImagePackage['source'] {
  return type === 'apk' ? undefined : source;
}

function detectorOf(
  detectors: Detectors,
  name: string | undefined,
  dtype: wire.Detector['dtype'] & string,
): Pick<wire.V3Feature, 'detector'> {
  if (name === undefined) return {};
  const registered = detectors.find((one) => one.name === name && one.dtype === dtype);
  return { detector: registered ?? { name, dtype } };
}

function renderWithFixedBy(vulnerability: PackageVulnerability): wire.V3Vulnerability {
  return {
    ...renderV3Vulnerability(vulnerability),
    fixed_by: vulnerability.fix.state === 'fixed' ? vulnerability.fix.version : '',
  };
}

/** Renders a vulnerability for the v3 API, without the version that fixes it. */
export function renderV3Vulnerability(view: VulnerabilityView): wire.V3Vulnerability {
  const { Name, NamespaceName, Description, Link, Severity, Metadata = {} } = renderForV1(view);
  return {
    name: Name ?? '',
    namespace_name: NamespaceName ?? '',
    description: Description ?? '',
    link: Link ?? '',
    severity: Severity ?? '',
    metadata: Object.keys(Metadata).length === 0 ? '' : encodeGoJson(Metadata).trimEnd(),
  };
}
