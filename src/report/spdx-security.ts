import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Package } from '../model/package.ts';
import type { Report } from '../model/report.ts';
import { allFindings, type Finding } from './finding.ts';
import { packageKey } from './identity.ts';
import { fixText } from './report-text.ts';
import { webLinks } from './web-links.ts';

/** Returns the findings of a package as advisory references (SPDX 2.3, 7.21 and annex F.2.3), each with a comment. */
export function securityReferences(report: Report): (found: Package) => object[] {
  const findings = Map.groupBy(allFindings(report), ({ package: found }) => packageKey(found));
  return (found) => (findings.get(packageKey(found)) ?? []).map(referenceOf);
}

function referenceOf(finding: Finding): object {
  const { vulnerability, reason } = finding;
  const { id, links, advisories, severity, source } = vulnerability;
  const [page] = webLinks([...advisories.map(({ link }) => link), ...links]);
  const suppressed = reason === undefined ? '' : `; suppressed: ${escapeForTerminal(reason)}`;
  return {
    referenceCategory: 'SECURITY',
    referenceType: 'advisory',
    referenceLocator: page ?? `https://www.cve.org/CVERecord?id=${encodeURIComponent(id.toWellFormed())}`,
    comment: `${escapeForTerminal(id)} (${severity}, ${escapeForTerminal(source)}): ${fixText(finding)}${suppressed}`,
  };
}
