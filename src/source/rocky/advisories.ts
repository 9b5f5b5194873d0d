import * as z from 'zod/mini';
import { parseFeedValue, UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { jsonElements } from '../../kit/json/json-stream.ts';
import { quoteUntrusted } from '../../kit/untrusted-text.ts';
import { toCvssVector } from '../../model/cvss.ts';
import type { CvssVector, FeedDocument, FeedRecord, FetchedFeed, Namespace } from '../../plugin/index.ts';
import { type FixedRpm, parseNevra, rowsOfFixedRpms } from '../fixed-rpms.ts';
import { distributionDocuments } from '../osv/distribution.ts';
import { parseModified, vendorSeverity } from '../vendor-values.ts';

const text = z.optional(z.nullable(z.string()));

const cve = z.object({ cve: z.string(), cvss3_scoring_vector: text });

const advisory = z.object({
  name: z.string(),
  kind: z.string(),
  severity: text,
  description: text,
  synopsis: text,
  updated_at: text,
  published_at: text,
  cves: z.optional(z.array(cve)),
  packages: z.array(
    z.object({ nevra: z.string(), module_name: text, module_stream: text, product_name: z.string() }),
  ),
});

const page = z.object({ advisories: z.array(advisory) });

type Advisory = z.output<typeof advisory>;
type Cve = z.output<typeof cve>;

/** Yields the files of the OSV archive. */
export function rockyDocuments(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  return distributionDocuments({ source: 'rocky', feed, namespaceOf: ecosystemNamespace, linkOf }, content);
}

/** Yields the security advisories of the errata service's pages. */
export function readRockyPages(feed: string, content: FetchedFeed): AsyncGenerator<FeedRecord> {
  return withFeedErrors({ source: 'rocky', feed, content }, fromPages(content));
}

async function* fromPages({ body }: FetchedFeed): AsyncGenerator<FeedRecord> {
  // An advisory published during the fetch moves the last one of a page to the next page.
  const seen = new Set<string>();
  let pages = 0;
  for await (const value of jsonElements(body)) {
    const { advisories } = parseFeedValue(page, value, `page ${++pages}`);
    for (const record of advisories) {
      if (record.kind === 'Security' && seen.size < seen.add(record.name).size) yield vulnerability(record);
    }
  }
  if (seen.size === 0) throw new UnexpectedContent('its end', 'it holds no security advisory');
}

function vulnerability(record: Advisory): FeedRecord {
  const { name, description, synopsis, severity, updated_at, published_at, cves = [] } = record;
  const { modified: issued } = parseModified(published_at ?? undefined);
  const rpms = rpmsOf(record);
  if (typeof rpms === 'string') return { kind: 'skipped', key: name, reason: rpms };
  return {
    kind: 'vulnerability',
    key: name,
    id: name,
    aliases: [...new Set(cves.map((one) => one.cve))],
    ...(description && { description }),
    title: synopsis?.trim() || name,
    links: [linkOf(name)],
    severity: vendorSeverity(severity),
    cvss: cves.flatMap(vectorOf),
    ...parseModified(updated_at ?? published_at ?? undefined),
    ...(issued !== undefined && { issued }),
    affected: rowsOfFixedRpms(rpms),
  };
}

/** Returns the vector with its CVE as the source: an advisory covers several CVEs. */
function vectorOf({ cve: id, cvss3_scoring_vector: vector }: Cve): CvssVector[] {
  return vector?.startsWith('CVSS:') ? [toCvssVector(`rocky ${id}`, vector)] : [];
}

/** Returns the rpms, or the reason why they cannot be read: an omitted rpm would look unaffected. */
function rpmsOf({ packages }: Advisory): FixedRpm[] | string {
  const rpms: FixedRpm[] = [];
  for (const { nevra, product_name, module_name, module_stream } of packages) {
    const namespace = productNamespace(product_name);
    if (namespace === undefined) return `the product ${quoteUntrusted(product_name)} is not known`;
    const rpm = parseNevra(nevra);
    if (rpm === undefined) return `${quoteUntrusted(nevra)} is not an rpm file name`;
    const module = module_name && module_stream ? `${module_name}:${module_stream}` : undefined;
    rpms.push({ namespace, ...rpm, module });
  }
  return rpms;
}

/** Parses `Rocky Linux 9` and `Rocky Linux 9.4 x86_64`. `Rocky Linux SIG Cloud 8` is an optional repository. */
function productNamespace(product: string): Namespace | undefined {
  const [, group, release] = /^Rocky Linux (?:SIG (\w+) )?(\d+)/.exec(product) ?? [];
  return release === undefined ? undefined : namespaceOf(release, group);
}

/**
 * Parses `Rocky Linux:9`. Only `distro` of the purl shows that a fix is in a repository of a special interest group.
 */
function ecosystemNamespace(ecosystem: string, purl: string): Namespace | undefined {
  const release = /^Rocky Linux:(\d+)$/.exec(ecosystem)?.[1];
  return release === undefined
    ? undefined
    : namespaceOf(release, /[?&]distro=[\w-]+-sig-(\w+)/.exec(purl)?.[1]);
}

function namespaceOf(release: string, group: string | undefined): Namespace {
  const suffix = group === undefined ? '' : `:sig-${group.toLowerCase()}`;
  return { name: `rocky:${release}${suffix}`, versionScheme: 'rpm' };
}

function linkOf(name: string): string {
  return `https://errata.rockylinux.org/${name}`;
}
