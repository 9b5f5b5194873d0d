import { parseJson } from '../kit/json/json-document.ts';
import type { PeerReport } from '../model/peer-report.ts';
import { clairV4Reader } from './clair-v4.ts';
import { cyclonedxReader } from './cyclonedx.ts';
import { grypeReader } from './grype.ts';
import { osvScannerReader } from './osv-scanner.ts';
import { corruptPeerReport, type PeerReportReader, unsupportedPeerReport } from './peer-document.ts';
import { sarifReader } from './sarif.ts';
import { snykReader } from './snyk.ts';
import { trivyReader } from './trivy.ts';

const readers: readonly PeerReportReader[] = [
  ...[trivyReader, grypeReader, osvScannerReader, clairV4Reader],
  ...[snykReader, sarifReader, cyclonedxReader],
];

/**
 * Reads the report of another scanner, in the first format that recognizes its content. `place` is its file, for messages. Throws
 * `target-corrupt`, `target-unsupported` or `limit-exceeded`.
 */
export function readPeerReport(bytes: Buffer, place: string): PeerReport {
  const document = parseJson(bytes, (fault, cause) => corruptPeerReport(place, fault, cause));
  // Snyk writes a list of reports for several projects.
  const [head] = Array.isArray(document) ? (document as readonly unknown[]) : [document];
  const reader =
    typeof head === 'object' && head !== null
      ? readers.find((each) => each.recognizes(head as Readonly<Record<string, unknown>>))
      : undefined;
  if (reader === undefined)
    throw unsupportedPeerReport(
      place,
      `the format is not known; write the JSON of ${readers.map(({ title }) => title).join(', ')}`,
    );
  return reader.read(document, place);
}
