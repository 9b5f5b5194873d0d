import { cvesIn } from '../../model/cve.ts';
import type { FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { type Description, ovalDocuments, versionsOf } from '../oval/advisories.ts';
import type { Fact } from '../oval/criteria.ts';
import type { Criterion, Definition } from '../oval/definition.ts';
import type { PackageTest } from '../oval/package-tests.ts';
import { parseModified, vendorSeverity } from '../vendor-values.ts';

/** Yields the advisories of one release of Photon OS from OVAL. */
export function photonOval(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  return ovalDocuments({ source: 'photon', read, describe }, feed, content);
}

function describe({ title, references, cves, description, severity, date }: Definition): Description {
  const id = /^PHSA-\S+/.exec(title)?.[0];
  if (id === undefined) return { skipped: 'it names no advisory' };
  return {
    id,
    aliases: cvesIn(...references.map((reference) => reference.id), ...cves.map((cve) => cve.id)),
    ...(description && { description }),
    title,
    links: references.flatMap(({ url }) => (url ? [url] : [])),
    severity: vendorSeverity(severity),
    cvss: [],
    ...parseModified(date),
  };
}

function read({ comment }: Criterion, test: PackageTest | undefined): Fact {
  const release = /^Photon OS (\d+) is installed$/.exec(comment)?.[1];
  if (release !== undefined) return { namespace: `photon:${release}.0` };
  if (comment.endsWith(' is signed with VMware key')) return 'holds';
  return test === undefined ? { unclear: `"${comment}"` } : versionsOf(test);
}
