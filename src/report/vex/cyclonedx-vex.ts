import { digestAlgorithm, digestHex } from '../../model/digest.ts';
import type { Report, Target } from '../../model/report.ts';
import type { Issue, VexFormat } from '../../plugin/vex-format.ts';
import { analysisWords } from '../cyclonedx-analysis.ts';
import { uuidOf } from '../identity.ts';
import { jsonPieces } from '../json-pieces.ts';
import { tool } from '../tool.ts';
import { type Assertion, assertionsOf, otherNames } from './assertions.ts';
import { imagePurl } from './image-purl.ts';

/** CycloneDX 1.6 (ECMA-424) as VEX: the analysis of vulnerabilities, and of components only those they are in. */
export const cyclonedxVexFormat: VexFormat = {
  name: 'cyclonedx',
  mediaType: 'application/vnd.cyclonedx+json; version=1.6',
  write(report: Report, { author, time }: Issue): Iterable<string> {
    const assertions = assertionsOf(report);
    const packages = new Map(
      assertions.flatMap(({ packages }) => packages.map((found) => [found.purl, found])),
    );
    const vulnerabilities = assertions.map((assertion) => vulnerabilityOf(assertion, time));
    return jsonPieces({
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: `urn:uuid:${uuidOf('cyclonedx vex', report.target.reference, author, time, JSON.stringify(vulnerabilities))}`,
      version: 1,
      metadata: {
        timestamp: time,
        tools: { components: [{ type: 'application', ...tool }] },
        authors: [{ name: author }],
        component: imageOf(report.target),
      },
      components: Array.from(packages.values(), ({ name, version, purl }) => ({
        type: 'library',
        'bom-ref': purl,
        name,
        version,
        purl,
      })),
      vulnerabilities,
    });
  },
};

function imageOf(target: Target): object {
  const { reference, manifest } = target;
  return {
    type: 'container',
    'bom-ref': 'image',
    name: reference,
    version: manifest ?? undefined,
    hashes:
      manifest === null
        ? undefined
        : [
            {
              alg: digestAlgorithm(manifest) === 'sha256' ? 'SHA-256' : 'SHA-512',
              content: digestHex(manifest),
            },
          ],
    purl: imagePurl(target),
  };
}

function vulnerabilityOf(
  { vulnerability, packages, status, justification, words, fix }: Assertion,
  time: string,
): object {
  const { id, source, description } = vulnerability;
  const known = analysisWords(status, justification);
  // What CycloneDX has no word for is told in those of VEX.
  const untold = known.justification === undefined ? justification?.replaceAll('_', ' ') : undefined;
  const detail = [untold, words].filter((part) => part !== undefined && part !== '').join('; ');
  return {
    id,
    source: { name: source },
    references: otherNames(vulnerability).map((name) => ({ id: name, source: { name: source } })),
    description: description ?? undefined,
    recommendation:
      status === 'affected' && fix.state === 'fixed' ? `Update to ${fix.version} or later.` : undefined,
    analysis: { ...known, detail: detail === '' ? undefined : detail, firstIssued: time, lastUpdated: time },
    affects: packages.map(({ purl }) => ({ ref: purl })),
  };
}
