import * as z from 'zod/mini';
import { percentDecode } from '../kit/untrusted-text.ts';
import type { PeerFinding, PeerPackage, PeerReport } from '../model/peer-report.ts';
import { joinedName, parsePurl } from '../model/purl.ts';
import { worstSeverity } from '../model/severity.ts';
import {
  checkPeerEntries,
  corruptPeerReport,
  knownTime,
  maybeListOf,
  maybeText,
  type PeerReportReader,
  parsePeerDocument,
  peerPackageOf,
  presentText,
  quotedValue,
  severityOfWord,
  splitVulnerabilityNames,
  unsupportedPeerReport,
} from './peer-document.ts';

const title = 'CycloneDX';

const component = z.looseObject({
  'bom-ref': maybeText,
  type: maybeText,
  group: maybeText,
  name: z.string(),
  version: maybeText,
  purl: maybeText,
  properties: maybeListOf(z.object({ name: maybeText, value: maybeText })),
  components: maybeListOf(z.unknown()),
});

const vulnerability = z.object({
  id: presentText,
  references: maybeListOf(z.object({ id: maybeText })),
  ratings: maybeListOf(z.object({ severity: maybeText })),
  published: maybeText,
  affects: maybeListOf(z.object({ ref: presentText })),
  analysis: z.nullish(z.object({ state: maybeText, detail: maybeText })),
});

const tool = z.looseObject({ name: maybeText, version: maybeText });

const schema = z.object({
  specVersion: z.string(),
  metadata: z.nullish(
    z.object({
      timestamp: maybeText,
      tools: z.nullish(z.union([z.array(tool), z.object({ components: maybeListOf(tool) })])),
      component: z.nullish(z.unknown()),
    }),
  ),
  components: maybeListOf(z.unknown()),
  vulnerabilities: z.array(vulnerability),
});

type Component = z.output<typeof component>;
type Document = z.output<typeof schema>;

/** The versions of the standard that have `vulnerabilities`, and that this reader knows. */
const specVersions: ReadonlySet<unknown> = new Set(['1.4', '1.5', '1.6', '1.7']);

/** The state of an analysis that says that the image is not affected. */
const clearedStates: ReadonlySet<string> = new Set([
  'not_affected',
  'false_positive',
  'resolved',
  'resolved_with_pedigree',
]);

/** Reads CycloneDX as JSON, with vulnerabilities. */
export const cyclonedxReader: PeerReportReader = {
  title,
  recognizes: ({ bomFormat }) => bomFormat === 'CycloneDX',
  read(document, place) {
    const { specVersion, vulnerabilities } = document as Readonly<Record<string, unknown>>;
    if (!specVersions.has(specVersion))
      throw unsupportedPeerReport(
        place,
        `CycloneDX of version ${quotedValue(specVersion)} is not known; use 1.4 to 1.7`,
      );
    if (vulnerabilities === undefined)
      throw unsupportedPeerReport(place, 'it is an SBOM without vulnerabilities; write a report with them');
    return reportFrom(parsePeerDocument(schema, document, { title, place }), place);
  },
};

function reportFrom(document: Document, place: string): PeerReport {
  const { metadata, components, vulnerabilities } = document;
  const image = metadata?.component == null ? [] : componentsIn([metadata.component], place);
  const all = [...image, ...componentsIn(components ?? [], place)];
  const packages = all.filter(isPackage).map(packageFrom);
  const byRef = new Map(all.flatMap((one) => (one['bom-ref'] ? [[one['bom-ref'], packageFrom(one)]] : [])));
  const findings = vulnerabilities
    .filter(({ id }) => id !== notAssessed)
    .flatMap((found) => findingsFrom(found, byRef, place));
  checkPeerEntries(place, packages.length + findings.length);
  const dataDate = knownTime(metadata?.timestamp);
  return {
    format: 'cyclonedx',
    tool: toolOf(document),
    ...(dataDate !== undefined && { dataDate }),
    ...(packages.length > 0 && { packages }),
    findings,
  };
}

/** The entry of Clair about an image that it could not assess. */
const notAssessed = 'NOT-ASSESSED';

/** Returns components with those inside them. */
function componentsIn(list: readonly unknown[], place: string): Component[] {
  return list.flatMap((one) => {
    const found = parsePeerDocument(component, one, { title, place });
    return [found, ...componentsIn(found.components ?? [], place)];
  });
}

function isPackage({ type, purl }: Component): boolean {
  const parsed = purl == null ? undefined : parsePurl(purl);
  return parsed !== undefined && !/^(?:oci|docker)$/.test(parsed.type) && type !== 'container';
}

function packageFrom({ purl, group, name, version, properties }: Component): PeerPackage {
  const paths = (properties ?? [])
    .filter((one) => /^(?:aquasecurity:trivy:FilePath|syft:location:\d+:path)$/.test(one.name ?? ''))
    .map(({ value }) => value);
  const type = parsePurl(purl ?? '')?.type ?? '';
  return peerPackageOf(purl, {
    type,
    name: joinedName(type, { group: group ?? '', name }),
    version: version ?? '',
    paths,
  });
}

function findingsFrom(
  found: z.output<typeof vulnerability>,
  byRef: ReadonlyMap<string, PeerPackage>,
  place: string,
): PeerFinding[] {
  const { id, references, ratings, published, affects, analysis } = found;
  const { state = '', detail } = analysis ?? {};
  const time = knownTime(published);
  return (affects ?? []).map(({ ref }) => ({
    id,
    ...splitVulnerabilityNames((references ?? []).flatMap((one) => one.id ?? [])),
    package: packageOfRef(ref, byRef, place),
    severity: worstSeverity((ratings ?? []).map(({ severity }) => severityOfWord(severity))),
    fixedVersions: [],
    ...(time !== undefined && { published: time }),
    ...(clearedStates.has(state ?? '') && { suppressed: [state, detail].filter(Boolean).join(': ') }),
  }));
}

/** A reference is that of a component, a link to one in another document, or a purl. */
function packageOfRef(ref: string, byRef: ReadonlyMap<string, PeerPackage>, place: string): PeerPackage {
  const inOther = ref.startsWith('urn:cdx:') ? percentDecode(ref.slice(ref.indexOf('#') + 1)) : undefined;
  for (const one of [ref, inOther]) {
    const known = one === undefined ? undefined : byRef.get(one);
    if (known !== undefined) return known;
    if (one !== undefined && parsePurl(one) !== undefined)
      return peerPackageOf(one, { type: '', name: one, version: '' });
  }
  throw corruptPeerReport(place, `has a vulnerability of ${quotedValue(ref)}, and no such component`);
}

function toolOf({ metadata }: Document): string {
  const { tools } = metadata ?? {};
  const list = Array.isArray(tools) ? tools : (tools?.components ?? []);
  const names = list
    .map(({ name, version }) => `${name ?? ''} ${version ?? ''}`.trim())
    .filter((text) => text !== '');
  return names.join(', ') || title;
}
