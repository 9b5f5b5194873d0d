import type { FixState } from '../../model/fix.ts';
import type { Match, Report, Target } from '../../model/report.ts';
import type { Issue, VexFormat } from '../../plugin/vex-format.ts';
import { uuidOf } from '../identity.ts';
import { imagePurl, matchingPurls } from '../image-purl.ts';
import { jsonChunks } from '../json-chunks.ts';
import { descriptionOf, tool } from '../report-text.ts';
import { imageTitleOf } from '../title.ts';
import { webLinks } from '../web-links.ts';
import { type Assertion, assertionsOf, packagesIn } from './assertions.ts';

/** VEX as CSAF 2.0 (OASIS), profile VEX (§4.5). */
export const csafFormat: VexFormat = {
  name: 'csaf',
  mediaType: 'application/json',
  write(report: Report, issue: Issue): Iterable<string> {
    const assertions = assertionsOf(report);
    const body = {
      product_tree: treeOf(report.target, assertions),
      vulnerabilities: [...Map.groupBy(assertions, ({ vulnerability }) => vulnerability.id).values()].map(
        vulnerabilityOf,
      ),
    };
    return jsonChunks({ document: headOf(report.target, issue, JSON.stringify(body)), ...body });
  },
};

function headOf(target: Target, { author, time }: Issue, body: string): object {
  return {
    category: 'csaf_vex',
    csaf_version: '2.0',
    lang: 'en',
    title: `Vulnerabilities of ${imageTitleOf(target)}`,
    // Only the name of the author is known. The namespace derived from it is stable.
    publisher: { category: 'user', name: author, namespace: `urn:uuid:${uuidOf('author', author)}` },
    tracking: {
      current_release_date: time,
      generator: { engine: { ...tool } },
      id: `${tool.name}-${uuidOf('csaf', author, time, body)}`,
      initial_release_date: time,
      revision_history: [{ date: time, number: '1', summary: 'The first version' }],
      status: 'final',
      version: '1',
    },
  };
}

const imageId = 'image';

function treeOf(target: Target, assertions: readonly Assertion[]): object {
  const packages = packagesIn(assertions);
  const [purl = imagePurl(target)] = target.manifest === null ? [] : matchingPurls(target);
  const title = imageTitleOf(target);
  return {
    full_product_names: [
      {
        name: title,
        product_id: imageId,
        product_identification_helper: purl === undefined ? undefined : { purl },
      },
      ...packages.map((found) => ({
        name: `${found.name} ${found.version}`,
        product_id: found.purl,
        product_identification_helper: { purl: found.purl },
      })),
    ],
    relationships: packages.map((found) => ({
      category: 'default_component_of',
      full_product_name: {
        name: `${found.name} ${found.version} in ${title}`,
        product_id: idOf(found),
      },
      product_reference: found.purl,
      relates_to_product_reference: imageId,
    })),
  };
}

/** Returns the product id of a package as a component of the image. */
function idOf({ purl }: Pick<Match['package'], 'purl'>): string {
  return `${imageId}:${purl}`;
}

const groups = {
  affected: 'known_affected',
  not_affected: 'known_not_affected',
  fixed: 'fixed',
  under_investigation: 'under_investigation',
} as const;

function vulnerabilityOf([first, ...others]: readonly Assertion[]): object {
  if (first === undefined) return {};
  const all = [first, ...others];
  const { id, source, links } = first.vulnerability;
  // The pattern of CVE ids in the CSAF schema.
  const isCve = /^CVE-\d{4}-\d{4,}$/.test(id);
  const productStatus = Map.groupBy(all, ({ status }) => groups[status]);
  const reasons = reasonsOf(all);
  // In alphabetical order, as §6.2.13 recommends.
  return {
    cve: isCve ? id : undefined,
    flags: reasons.flags,
    ids: isCve ? undefined : [{ system_name: source, text: id }],
    notes: [{ category: 'description', text: descriptionOf(first.vulnerability) }],
    product_status: Object.fromEntries(
      [...productStatus].map(([group, grouped]) => [group, grouped.flatMap(idsOf)]),
    ),
    references: referencesOf(links),
    remediations: reasons.remediations,
    threats: reasons.threats,
  };
}

function idsOf({ packages }: Assertion): string[] {
  return packages.map(idOf);
}

function referencesOf(links: readonly string[]): object[] | undefined {
  return filled(webLinks(links).map((url) => ({ category: 'external', summary: 'Advisory', url })));
}

const remedies: Readonly<Record<FixState, string>> = {
  fixed: 'vendor_fix',
  unfixed: 'none_available',
  deferred: 'none_available',
  'will-not-fix': 'no_fix_planned',
  'end-of-life': 'no_fix_planned',
  'under-investigation': 'none_available',
  'not-affected': 'none_available',
};

/** Returns a remediation for each affected product, and a flag or a threat with the reason for others (§4.5). */
function reasonsOf(
  all: readonly Assertion[],
): Readonly<Record<'flags' | 'remediations' | 'threats', object[] | undefined>> {
  return {
    flags: filled(
      all.flatMap((one) =>
        one.justification === undefined ? [] : [{ label: one.justification, product_ids: idsOf(one) }],
      ),
    ),
    remediations: filled(
      all.flatMap((one) =>
        one.status === 'affected'
          ? [{ category: remedies[one.fix.state], details: one.text, product_ids: idsOf(one) }]
          : [],
      ),
    ),
    threats: filled(
      all.flatMap((one) =>
        one.status === 'affected' || one.text === ''
          ? []
          : [{ category: 'impact', details: one.text, product_ids: idsOf(one) }],
      ),
    ),
  };
}

/** Returns undefined for an empty list, which CSAF does not permit. */
function filled(list: object[]): object[] | undefined {
  return list.length === 0 ? undefined : list;
}
