import type { VulnerabilityRecord } from '../../plugin/index.ts';
import { parseIssued } from '../vendor-values.ts';
import { commonOf, cvesOf, type OsvRecord, titleOf, vectorsOf } from './record.ts';

/** Returns an advisory that a vendor of a distribution publishes in OSV form. It has the CVEs as aliases and links to the vendor's pages. */
export function vendorAdvisoryOf(
  source: string,
  record: OsvRecord,
  { severity, affected }: Pick<VulnerabilityRecord, 'severity' | 'affected'>,
): VulnerabilityRecord {
  return {
    kind: 'vulnerability',
    ...commonOf(record),
    title: titleOf(record),
    ...parseIssued(record.published ?? undefined),
    aliases: cvesOf(record),
    links: (record.references ?? []).filter(({ type }) => type === 'ADVISORY').map(({ url }) => url),
    severity,
    cvss: vectorsOf(source, record),
    affected,
  };
}
