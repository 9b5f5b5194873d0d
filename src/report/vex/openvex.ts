import { type Digest, digestAlgorithm, digestHex } from '../../model/digest.ts';
import { formatPurl, parseNormalizedPurl } from '../../model/purl.ts';
import type { Match, Report, Target } from '../../model/report.ts';
import type { IgnoreRule } from '../../model/suppression.ts';
import type { Issue, VexFormat } from '../../plugin/vex-format.ts';
import { uuidOf } from '../identity.ts';
import { imagePurl, matchingPurls } from '../image-purl.ts';
import { jsonChunks } from '../json-chunks.ts';
import { tool } from '../report-text.ts';
import { type Assertion, assertionsOf, otherNames } from './assertions.ts';

/** VEX as OpenVEX 0.2.0, <https://github.com/openvex/spec>. */
export const openVexFormat: VexFormat = {
  name: 'openvex',
  mediaType: 'application/vnd.openvex+json',
  write(report: Report, { author, time }: Issue): Iterable<string> {
    const statements = assertionsOf(report).map((assertion) => statementOf(assertion, report.target));
    return jsonChunks(documentOf(statements, { author, time }));
  },
};

function documentOf(statements: readonly object[], { author, time }: Issue): object {
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': `urn:uuid:${uuidOf('openvex', author, time, JSON.stringify(statements))}`,
    author,
    timestamp: time,
    version: 1,
    tooling: `${tool.name} ${tool.version}`,
    statements,
  };
}

/** A rule on one vulnerability of some packages, whatever image has them. */
export interface StatedRule {
  readonly vulnerability: Match['vulnerability'];
  /** Package URLs with versions. */
  readonly purls: readonly string[];
  readonly rule: Pick<IgnoreRule, 'reason' | 'expires' | 'justification'>;
}

/** Returns rules as an OpenVEX document: the packages are not affected, for the reason of the rule. VEX has no last day, so a note says it. */
export function rulesAsOpenVex(rules: readonly StatedRule[], issue: Issue): object {
  const statements = rules.map(({ vulnerability, purls, rule: { reason, expires, justification } }) => {
    const aliases = otherNames(vulnerability);
    return {
      vulnerability: { name: vulnerability.id, aliases: aliases.length === 0 ? undefined : aliases },
      products: purls.map((purl) => partOf({ purl })),
      status: 'not_affected',
      justification,
      impact_statement: reason,
      status_notes: expires === undefined ? undefined : `accepted until ${expires}`,
    };
  });
  return documentOf(statements, issue);
}

function statementOf(
  { vulnerability, packages, status, justification, text }: Assertion,
  target: Target,
): object {
  const aliases = otherNames(vulnerability);
  return {
    vulnerability: { name: vulnerability.id, aliases: aliases.length === 0 ? undefined : aliases },
    products: productsOf(target).map((product) => ({ ...product, subcomponents: packages.map(partOf) })),
    status,
    justification,
    ...statementTextOf(status, text),
  };
}

/** Returns the text under the key that OpenVEX has for the status. */
function statementTextOf(status: Assertion['status'], text: string): object {
  if (text === '') return {};
  if (status === 'affected') return { action_statement: text };
  return status === 'not_affected' ? { impact_statement: text } : { status_notes: text };
}

/** Returns the image, once for each package URL that scanners give it. */
function productsOf(target: Target): object[] {
  const hashes = hashesOf(target.manifest ?? target.digest);
  // An id must be an IRI, and a path on disk is not one.
  const id = imagePurl(target) ?? `clair:${encodeURI(target.reference.toWellFormed())}`;
  const [first, ...others] = matchingPurls(target);
  if (first === undefined) return [{ '@id': id, hashes }];
  return [
    { '@id': id, identifiers: { purl: first }, hashes },
    ...others.map((purl) => ({ '@id': purl, identifiers: { purl } })),
  ];
}

function hashesOf(digest: Digest | undefined): object | undefined {
  if (digest === undefined) return undefined;
  return { [digestAlgorithm(digest) === 'sha256' ? 'sha-256' : 'sha-512']: digestHex(digest) };
}

/** Returns a package with a second URL whose only qualifier is the epoch, because scanners differ in the other qualifiers. */
function partOf({ purl }: Pick<Match['package'], 'purl'>): object {
  const parts = parseNormalizedPurl(purl);
  if (parts === undefined) return { '@id': purl };
  const qualifiers = { epoch: parts.qualifiers?.['epoch'] };
  return { '@id': purl, identifiers: { purl: formatPurl({ ...parts, qualifiers }) } };
}
