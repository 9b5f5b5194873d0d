import { cvesIn } from '../../model/cve.ts';
import type { FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { cvssOf, type Description, ovalDocuments, versionsOf } from '../oval/advisories.ts';
import type { Fact } from '../oval/criteria.ts';
import type { Criterion, Definition } from '../oval/definition.ts';
import type { PackageTest } from '../oval/package-tests.ts';
import type { StateField } from '../oval/stated-test.ts';
import type { Part } from '../rows.ts';
import { parseModified, vendorSeverity } from '../vendor-values.ts';
import { productOf } from './product.ts';

/** Yields the vulnerabilities of one release from a file that may cover several. */
export function suseVulnerabilities(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  const namespace = feed === 'opensuse-tumbleweed' ? feed : feed.replace(/-(?=[\d.]+$)/, ':');
  const read = (criterion: Criterion, test: PackageTest | undefined): Fact =>
    platform(criterion.comment, namespace) ?? packageOf(criterion.comment, test);
  return ovalDocuments({ source: 'suse', read, describe }, feed, content);
}

function describe(definition: Definition): Description {
  const { title, references, severity, description, date, cves } = definition;
  const [id] = cvesIn(title);
  if (id === undefined) return { skipped: 'it names no CVE' };
  const advisories = references.flatMap((reference) =>
    /^(open)?SUSE-/.test(reference.id) ? [reference.id] : [],
  );
  // The file lists a CVE twice: as SUSE rates it, and as NVD does.
  const own = cves.filter((cve) => !cve.id.endsWith(' at NVD')).map((cve) => ({ ...cve, id }));
  return {
    id,
    aliases: [...new Set(advisories)],
    ...(description && { description }),
    links: [...new Set(references.map(({ url }) => url))].filter((url) => url !== ''),
    severity: vendorSeverity(severity),
    cvss: cvssOf('SUSE', { ...definition, cves: own }),
    ...parseModified(date),
  };
}

/** Interprets a comment on a product. Returns undefined for a comment on a package, whose name has no space. */
function platform(comment: string, namespace: string): Fact | undefined {
  const name = /^((?:open)?SUSE .+) is installed$/.exec(comment)?.[1];
  if (name === undefined) return undefined;
  const product = productOf(name);
  const isHere =
    product?.namespace === namespace || (product?.isSeries && namespace.startsWith(`${product.namespace}.`));
  if (!isHere) return 'fails';
  return { namespace, ...(product.cpe !== undefined && { product: product.cpe }) };
}

function packageOf(comment: string, test: PackageTest | undefined): Fact {
  if (test === undefined) return versionsByName(comment);
  const { version, evr, ...others } = test.state;
  const bare = { ...test, state: others };
  if (comment.endsWith(' is not affected') && version?.operation === 'equals' && version.value === '0') {
    return { ...versionsOf(bare), state: 'not-affected' };
  }
  if (comment.endsWith(' is affected') && isAnyVersion(evr ?? version)) {
    return { ...versionsOf(bare), state: 'unfixed' };
  }
  return byNumber(comment, evr) ?? versionsOf(test);
}

/**
 * Reads tests with numbered operations, which OVAL does not define. The comment states the operation if it is about
 * this version.
 */
function byNumber(comment: string, evr: StateField | undefined): Part | undefined {
  if (evr === undefined || !/^\d+$/.test(evr.operation)) return undefined;
  const named = versionsByName(comment);
  return named.to !== undefined && evr.value.endsWith(named.to) ? { ...named, to: evr.value } : undefined;
}

/** Interprets a comment without a test: `libxml2-2-2.9.1-2.4 is installed` covers all earlier versions. */
function versionsByName(comment: string): Part {
  const cleared = /^(\S+) is not affected$/.exec(comment)?.[1];
  if (cleared !== undefined) return { package: cleared, state: 'not-affected' };
  const [, name, evr] =
    /^(\S+)-([^-\s]+-[^-\s]+) is installed$/.exec(comment) ??
    // A version without its release: `runc-0.1.1+gitr2816_02f8fa7`.
    /^([^-\s]+)-(\d[^-\s]*) is installed$/.exec(comment) ??
    [];
  return name === undefined || evr === undefined ? { unclear: `"${comment}"` } : { package: name, to: evr };
}

/** Returns whether a field is `greater than 0:0-0`, which every version is. */
function isAnyVersion(field: PackageTest['state'][string] | undefined): boolean {
  return /^greater than( or equal)? (0:)?0(-0)?$/.test(`${field?.operation} ${field?.value}`);
}
