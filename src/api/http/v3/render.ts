import type { FoundVulnerability } from '../../../service/findings/found-vulnerabilities.ts';
import type { VulnerabilityView } from '../../../service/findings/vulnerability-view.ts';
import type { AncestryPackage, AncestryView } from '../../../service/posts/ancestry-view.ts';
import type { ImagePackage } from '../../../store/store.ts';
import { encodeGoJson } from '../go-json-encode.ts';
import { wireNamespace, wireVersionFormat } from '../v1/names.ts';
import { renderVulnerability as renderForV1 } from '../v1/render.ts';
import type * as wire from './types.ts';

/** The detectors of this server. */
export type Detectors = readonly wire.Detector[];

/** An ancestry in Clair's words: each feature once, in the layer that introduced it. */
export function renderAncestry(
  { name, layers, detector }: AncestryView,
  detectors: Detectors,
): wire.GetAncestryResponse['ancestry'] {
  const told = new Map<string, ShownFeature>();
  const shown = layers.map(({ hash, packages }) => {
    const features = packages.flatMap((item) => featuresOf(item, { detectors, detector }));
    return { layer: { hash }, detected_features: features.flatMap((feature) => once(feature, told)) };
  });
  return { name, layers: shown };
}

/** A feature whose vulnerabilities grow while further packages of its name are looked at. */
interface ShownFeature extends wire.Feature {
  readonly vulnerabilities: wire.Vulnerability[];
}

function once(feature: ShownFeature, told: Map<string, ShownFeature>): ShownFeature[] {
  const key = [feature.feature_type, feature.namespace?.name, feature.name, feature.version].join('\n');
  const known = told.get(key);
  if (known === undefined) {
    told.set(key, feature);
    return [feature];
  }
  const names = new Set(known.vulnerabilities.map(({ name }) => name));
  known.vulnerabilities.push(...feature.vulnerabilities.filter(({ name }) => !names.has(name)));
  return [];
}

interface Surroundings {
  readonly detectors: Detectors;
  /** Who told the distribution. */
  readonly detector: string | undefined;
}

/**
 * The package, and the source package it was built from where Clair lists such: with dpkg and rpm. Nobody detects the namespaces of
 * languages.
 */
function featuresOf(
  { package: item, isOfDistribution, vulnerabilities }: AncestryPackage,
  { detectors, detector }: Surroundings,
): ShownFeature[] {
  const { lookup } = item;
  if (lookup === null) return [];
  const { name, versionScheme } = lookup.namespace;
  const namespace = {
    name: wireNamespace(name),
    ...(isOfDistribution && knownDetector(detectors, detector, 'DETECTOR_D_TYPE_NAMESPACE')),
  };
  const feature = (
    { name: called, version }: { readonly name: string; readonly version: string },
    type: wire.Feature['feature_type'] & string,
    found: readonly FoundVulnerability[],
  ): ShownFeature => ({
    name: called,
    namespace,
    version,
    version_format: wireVersionFormat(versionScheme),
    ...knownDetector(detectors, item.foundBy, 'DETECTOR_D_TYPE_FEATURE'),
    vulnerabilities: found.map(renderFound),
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

function knownDetector(
  detectors: Detectors,
  name: string | undefined,
  dtype: wire.Detector['dtype'] & string,
): Pick<wire.Feature, 'detector'> {
  if (name === undefined) return {};
  const known = detectors.find((one) => one.name === name && one.dtype === dtype);
  return { detector: known ?? { name, dtype } };
}

function renderFound(found: FoundVulnerability): wire.Vulnerability {
  return { ...renderVulnerability(found), fixed_by: found.fix.state === 'fixed' ? found.fix.version : '' };
}

/** A vulnerability in Clair's words, without what fixes it. */
export function renderVulnerability(view: VulnerabilityView): wire.Vulnerability {
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
