import type { Finding, ImageReport } from '../../api/report.ts';
import { parseSeverity } from '../../severity.ts';

/** Identifies a finding within a report, in the address. */
export function explainKey({ vulnerability, package: { purl, name, version, location } }: Finding): string {
  const identity = purl === '' ? `${name}@${version}` : purl;
  return `${vulnerability.id} ${identity.slice(0, 200)} ${location.path.slice(0, 200)}`;
}

/** Returns the number of a layer, counted from one; the empty text if it is not known. */
export function layerNumber(diffId: string | null, { layers }: Pick<ImageReport, 'layers'>): string {
  const index = layers.findIndex((layer) => layer.diffId === diffId);
  return diffId === null || index === -1 ? '' : String(index + 1);
}

/** Returns whether a finding is wanted by the filters of an address. */
export function findingFilter(
  report: Pick<ImageReport, 'layers'>,
  query: URLSearchParams,
): (finding: Finding) => boolean {
  const text = query.get('q')?.toLowerCase() ?? '';
  const severity = parseSeverity(query.get('severity') ?? undefined);
  const layer = query.get('layer') ?? '';
  const tests: ((finding: Finding) => boolean)[] = [
    ...(text === ''
      ? []
      : [(finding: Finding) => textsOf(finding).some((part) => part.toLowerCase().includes(text))]),
    ...(severity === undefined ? [] : [(finding: Finding) => finding.vulnerability.severity === severity]),
    ...(query.get('fixable') === 'true' ? [({ fix }: Finding) => fix.state === 'fixed'] : []),
    ...(query.get('exploited') === 'true'
      ? [({ vulnerability }: Finding) => vulnerability.kev === true]
      : []),
    ...(layer === ''
      ? []
      : [(finding: Finding) => layerNumber(finding.package.location.layer, report) === layer]),
  ];
  return (finding) => tests.every((isWanted) => isWanted(finding));
}

function textsOf({
  vulnerability: { id, aliases = [] },
  package: { name, version, source, parent },
}: Finding): string[] {
  return [id, ...aliases, name, version, source?.name ?? '', parent?.name ?? ''];
}
