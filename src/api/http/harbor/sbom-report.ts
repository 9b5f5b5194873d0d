import type { Report } from '../../../model/report.ts';
import type { ReportFormat } from '../../../plugin/report-format.ts';
import { reportAsText } from '../../../report/report-text.ts';
import { documentHead, type HarborDocument } from './document-head.ts';

/** Media types of SBOMs, with the names of their formats. */
const sbomTypes: ReadonlyMap<string, string> = new Map([
  ['application/spdx+json', 'spdx'],
  ['application/vnd.cyclonedx+json', 'cyclonedx'],
]);

/** The media types of SBOMs. Harbor asks for the first one only. */
export const sbomMediaTypes: readonly string[] = [...sbomTypes.keys()];

/** A media type of an SBOM, and the name of its format. */
export interface SbomType {
  readonly mediaType: string;
  readonly format: string;
}

/** Returns the format of a media type of an SBOM. */
export function sbomTypeNamed(mediaType: string): SbomType | undefined {
  const format = sbomTypes.get(mediaType.toLowerCase());
  return format === undefined ? undefined : { mediaType: mediaType.toLowerCase(), format };
}

/** Writes the SBOM of an image as Harbor reads it. */
export function writeSbomReport(
  report: Report,
  { mediaType, format: name }: SbomType,
  { formats, ...head }: HarborDocument & { readonly formats: readonly ReportFormat[] },
): string {
  const format = formats.find((candidate) => candidate.name === name);
  if (format === undefined) throw new Error(`there is no format ${name}`);
  const document = JSON.stringify({ ...documentHead(head), media_type: mediaType });
  const sbom = reportAsText(report, format);
  return `${document.slice(0, -1)},"sbom":${sbom.trim()}}\n`;
}
