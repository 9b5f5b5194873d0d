import { cvesIn } from '../../model/cve.ts';
import type { FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import {
  cvssOf,
  type Description,
  ovalDocuments,
  versionsByComment,
  versionsOf,
} from '../oval/advisories.ts';
import type { Fact } from '../oval/criteria.ts';
import type { Criterion, Definition } from '../oval/definition.ts';
import type { PackageTest } from '../oval/package-tests.ts';
import type { Part } from '../rows.ts';
import { parseIssued, parseModified, unnamedModule, vendorSeverity } from '../vendor-values.ts';

/** Yields the errata of Oracle's OVAL file. */
export function oracleErrata(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  return ovalDocuments({ source: 'oracle', read, describe, finish }, feed, content);
}

function describe(definition: Definition): Description {
  const { references, title, severity, cves, date, issued, description } = definition;
  const erratum = references.find(({ source }) => source.toLowerCase() === 'elsa');
  const id = erratum?.id ?? /\bELSA-\d{4}-\d+/.exec(title)?.[0];
  if (id === undefined) return { skipped: 'it names no erratum' };
  const others = references.filter((reference) => reference !== erratum);
  return {
    id,
    aliases: cvesIn(...others.map((reference) => reference.id), ...cves.map((cve) => cve.id)),
    ...(description && { description }),
    ...(title && { title: title.replaceAll(/\s+/g, ' ') }),
    links: [erratum, ...others].flatMap((reference) => (reference?.url ? [reference.url] : [])),
    severity: vendorSeverity(severity || /\(([^()]+)\)$/.exec(title)?.[1]),
    cvss: cvssOf('Oracle', definition),
    ...parseModified(date),
    ...parseIssued(issued),
  };
}

function read({ comment }: Criterion, test: PackageTest | undefined): Fact {
  const release = /^Oracle Linux (\d+) is installed$/.exec(comment)?.[1];
  if (release !== undefined) return { namespace: `oracle:${release}` };
  const arch = /^Oracle Linux arch is (\w+)$/.exec(comment)?.[1];
  if (arch !== undefined) return { arch: [arch] };
  const module = /^Module (\S+) is enabled$/.exec(comment)?.[1];
  if (module !== undefined) return { module };
  if (comment.includes(' is signed with the Oracle Linux ') && comment.endsWith('key')) return 'holds';
  if (comment.endsWith(' is ksplice-based')) return { flavour: 'ksplice' };
  // Oracle has given the same ids to the tests of two errata; only the comments identify them.
  return test === undefined ? (versionsByComment(comment) ?? { unclear: `"${comment}"` }) : versionsOf(test);
}

/** Separates builds of another kind: their release strings differ, and the criteria do not always state the kind. */
function finish(alternatives: readonly Part[]): readonly Part[] {
  return alternatives.map((part) => {
    const release = part.to?.slice(part.to.lastIndexOf('-')) ?? '';
    const flavour = /\.ksplice\d/.test(release) ? 'ksplice' : /_fips\b/.test(release) ? 'fips' : part.flavour;
    return { ...unnamedModule(part.to), ...part, ...(flavour && { flavour }) };
  });
}
