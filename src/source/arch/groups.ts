import * as z from 'zod/mini';
import { parseFeedValue, UnexpectedContent } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { jsonElementTextsOf } from '../../kit/json/json-stream.ts';
import type { Affected, FeedDocument, FeedRecord, FetchedFeed, Fix } from '../../plugin/index.ts';
import { withDocumentErrors } from '../feed-documents.ts';
import { vendorSeverity } from '../vendor-values.ts';

const namespace = { name: 'arch', versionScheme: 'alpm' } as const;

const groupSchema = z.object({
  /** `AVG-984`. */
  name: z.string().check(z.minLength(1)),
  packages: z.array(z.string()).check(z.minLength(1)),
  status: z.string(),
  severity: z.string(),
  /** Kind of the vulnerability: `denial of service`. */
  type: z.optional(z.nullable(z.string())),
  /** The version that was affected when the group was written. Lower ones may be, too. */
  affected: z.string(),
  fixed: z.nullable(z.string()),
  issues: z.array(z.string()),
});

type Group = z.output<typeof groupSchema>;

/** Yields the groups of the file. */
export function archGroups(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  return withDocumentErrors({ source: 'arch', feed, content }, groups(content));
}

async function* groups({ body, url }: FetchedFeed): AsyncGenerator<FeedDocument> {
  let count = 0;
  for await (const { bytes, value } of jsonElementTextsOf('groups', inflateStream(body, url))) {
    const place = `group ${++count}`;
    const read = (): FeedRecord[] => [recordOf(parseFeedValue(groupSchema, value(), place))];
    yield { kind: 'document', context: '', bytes, read };
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it holds no group');
}

function recordOf(group: Group): FeedRecord {
  const { name, packages, severity, type, issues } = group;
  const row = rowOf(group);
  if (typeof row === 'string') return { kind: 'skipped', key: name, reason: row };
  const names = [...new Set(packages)];
  return {
    kind: 'vulnerability',
    key: name,
    id: name,
    aliases: [...new Set(issues)],
    title: type ? `${names.join(', ')}: ${type}` : names.join(', '),
    links: [`https://security.archlinux.org/${name}`],
    severity: vendorSeverity(severity),
    cvss: [],
    affected: names.map((item) => ({ namespace, package: item, ...row })),
  };
}

/** States of a group without a fixed version. */
const states: ReadonlyMap<string, Exclude<Fix['state'], 'fixed'>> = new Map([
  ['vulnerable', 'unfixed'],
  ['testing', 'unfixed'],
  ['fixed', 'unfixed'],
  ['not affected', 'not-affected'],
  ['unknown', 'under-investigation'],
]);

/** Returns range and fix of every package of a group, or the reason why it has none. A fix in the testing repository counts as a fix. */
function rowOf({ status, fixed }: Group): Pick<Affected, 'range' | 'fix'> | string {
  const state = states.get(status.toLowerCase());
  if (state === undefined) return `it has the unknown status ${status}`;
  return state === 'unfixed' && fixed
    ? { range: { to: fixed }, fix: { state: 'fixed', version: fixed } }
    : { range: {}, fix: { state } };
}
