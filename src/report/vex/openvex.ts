import { digestAlgorithm, digestHex } from '../../model/digest.ts';
import type { Report, Target } from '../../model/report.ts';
import type { Issue, VexFormat } from '../../plugin/vex-format.ts';
import { uuidOf } from '../identity.ts';
import { jsonPieces } from '../json-pieces.ts';
import { tool } from '../tool.ts';
import { type Assertion, assertionsOf, otherNames } from './assertions.ts';
import { imagePurl } from './image-purl.ts';

/** OpenVEX 0.2.0, <https://github.com/openvex/spec>. */
export const openVexFormat: VexFormat = {
  name: 'openvex',
  mediaType: 'application/vnd.openvex+json',
  write(report: Report, { author, time }: Issue): Iterable<string> {
    const statements = assertionsOf(report).map((assertion) => statementOf(assertion, report.target));
    return jsonPieces({
      '@context': 'https://openvex.dev/ns/v0.2.0',
      '@id': `urn:uuid:${uuidOf('openvex', author, time, JSON.stringify(statements))}`,
      author,
      timestamp: time,
      version: 1,
      tooling: `${tool.name} ${tool.version}`,
      statements,
    });
  },
};

function statementOf(
  { vulnerability, packages, status, justification, words }: Assertion,
  target: Target,
): object {
  const aliases = otherNames(vulnerability);
  return {
    vulnerability: { name: vulnerability.id, aliases: aliases.length === 0 ? undefined : aliases },
    products: [{ ...productOf(target), subcomponents: packages.map(({ purl }) => ({ '@id': purl })) }],
    status,
    justification,
    ...wordsOf(status, words),
  };
}

/** The key that words stand under. */
function wordsOf(status: Assertion['status'], words: string): object {
  if (words === '') return {};
  if (status === 'affected') return { action_statement: words };
  return status === 'not_affected' ? { impact_statement: words } : { status_notes: words };
}

function productOf(target: Target): object {
  const purl = imagePurl(target);
  // An id is an IRI, which a path on disk is not.
  if (purl === undefined || target.manifest === null)
    return { '@id': `clair:${encodeURI(target.reference.toWellFormed())}` };
  const hash = digestAlgorithm(target.manifest) === 'sha256' ? 'sha-256' : 'sha-512';
  return { '@id': purl, identifiers: { purl }, hashes: { [hash]: digestHex(target.manifest) } };
}
