import { groupedName } from '../../model/purl.ts';
import type { Report, Target } from '../../model/report.ts';
import type { Issue, VexFormat } from '../../plugin/vex-format.ts';
import { toCyclonedxAnalysis } from '../cyclonedx-analysis.ts';
import { cyclonedxHead, cyclonedxTools, cyclonedxType, hashesOf } from '../cyclonedx-document.ts';
import { uuidOf } from '../identity.ts';
import { imagePurl } from '../image-purl.ts';
import { jsonChunks } from '../json-chunks.ts';
import { updateAdvice } from '../report-text.ts';
import { imageTitleOf } from '../title.ts';
import { type Assertion, assertionsOf, otherNames, packagesIn } from './assertions.ts';

/** VEX as CycloneDX 1.6 (ECMA-424): the analysis of vulnerabilities, with only the affected components. */
export const cyclonedxVexFormat: VexFormat = {
  name: 'cyclonedx',
  mediaType: cyclonedxType,
  write(report: Report, { author, time }: Issue): Iterable<string> {
    const assertions = assertionsOf(report);
    const vulnerabilities = assertions.map((assertion) => vulnerabilityOf(assertion, time));
    return jsonChunks({
      ...cyclonedxHead(
        uuidOf('cyclonedx vex', report.target.reference, author, time, JSON.stringify(vulnerabilities)),
      ),
      metadata: {
        timestamp: time,
        tools: cyclonedxTools,
        authors: [{ name: author }],
        component: imageOf(report.target),
      },
      components: packagesIn(assertions).map((found) => ({
        type: 'library',
        'bom-ref': found.purl,
        ...groupedName(found),
        version: found.version,
        purl: found.purl,
      })),
      vulnerabilities,
    });
  },
};

function imageOf(target: Target): object {
  const { manifest, digest } = target;
  return {
    type: 'container',
    'bom-ref': 'image',
    name: imageTitleOf(target),
    version: manifest ?? digest,
    hashes: hashesOf(manifest),
    purl: imagePurl(target),
  };
}

function vulnerabilityOf(
  { vulnerability, packages, status, justification, text, fix }: Assertion,
  time: string,
): object {
  const { id, source, description } = vulnerability;
  const mapped = toCyclonedxAnalysis(status, justification);
  // A justification without an equivalent in CycloneDX becomes part of the detail.
  const justificationText =
    mapped.justification === undefined ? justification?.replaceAll('_', ' ') : undefined;
  const detail = [justificationText, text].filter((part) => part !== undefined && part !== '').join('; ');
  return {
    id,
    source: { name: source },
    references: otherNames(vulnerability).map((name) => ({ id: name, source: { name: source } })),
    description: description ?? undefined,
    recommendation:
      status === 'affected' && fix.state === 'fixed' ? updateAdvice(fix, packages[0]) : undefined,
    analysis: { ...mapped, detail: detail === '' ? undefined : detail, firstIssued: time, lastUpdated: time },
    affects: packages.map(({ purl }) => ({ ref: purl })),
  };
}
