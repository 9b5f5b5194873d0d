import * as z from 'zod/mini';
import { parseFeedValue, UnexpectedContent } from '../../core/corrupt-feed.ts';
import { trimCharactersEnd } from '../../kit/collections.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { jsonGroupMembers } from '../../kit/json/json-stream.ts';
import { isJsonObject } from '../../kit/json/shape-checks.ts';
import { releaseOf, unstable } from '../../model/release.ts';
import { worstSeverity } from '../../model/severity.ts';
import type {
  Affected,
  FeedDocument,
  FetchedFeed,
  Fix,
  Severity,
  VulnerabilityRecord,
} from '../../plugin/index.ts';
import { withDocumentErrors } from '../feed-documents.ts';

const url = 'https://security-tracker.debian.org/tracker';

/** Severities by Debian's urgency. The tracker's asterisks, which mark a guess, are removed first. */
const severities: ReadonlyMap<string, Severity> = new Map(
  Object.entries<Severity>({
    'end-of-life': 'Negligible',
    unimportant: 'Negligible',
    low: 'Low',
    medium: 'Medium',
    high: 'High',
  }),
);

const releaseStatus = z.object({
  status: z.string(),
  fixed_version: z.optional(z.nullable(z.string())),
  urgency: z.optional(z.nullable(z.string())),
  nodsa_reason: z.optional(z.nullable(z.string())),
});

const issue = z.object({
  description: z.optional(z.nullable(z.string())),
  releases: z.record(z.string(), releaseStatus),
});

type ReleaseStatus = z.output<typeof releaseStatus>;
type Issue = z.output<typeof issue>;

/** Checks an issue by hand, for speed. */
function isIssue(value: unknown): value is Issue {
  return (
    isJsonObject(value) &&
    isOptionalText(value['description']) &&
    isJsonObject(value['releases']) &&
    Object.values(value['releases']).every(isReleaseStatus)
  );
}

function isReleaseStatus(value: unknown): value is ReleaseStatus {
  return (
    isJsonObject(value) &&
    typeof value['status'] === 'string' &&
    isOptionalText(value['fixed_version']) &&
    isOptionalText(value['urgency']) &&
    isOptionalText(value['nodsa_reason'])
  );
}

function isOptionalText(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === 'string';
}

/** Yields the issues of the tracker, package by package. */
export function trackerIssues(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  return withDocumentErrors({ source: 'debian', feed, content }, issues(content));
}

async function* issues({ body, url: from }: FetchedFeed): AsyncGenerator<FeedDocument> {
  let packages = 0;
  const members = jsonGroupMembers(inflateStream(body, from), () => packages++);
  for await (const { group, name, bytes, value } of members) {
    yield { kind: 'document', context: group, bytes, read: () => [issueRecord(group, name, value())] };
  }
  if (packages === 0) throw new UnexpectedContent('its end', 'it holds no package');
}

function issueRecord(name: string, id: string, value: unknown): VulnerabilityRecord {
  return vulnerability(name, id, isIssue(value) ? value : parseFeedValue(issue, value, `${name}.${id}`));
}

function vulnerability(name: string, id: string, { description, releases }: Issue): VulnerabilityRecord {
  const affected = Object.entries(releases).map(([release, status]) => affectedIn(release, name, status));
  return {
    kind: 'vulnerability',
    key: `${name}/${id}`,
    id,
    aliases: [],
    ...(description && { description }),
    links: [`${url}/${id}`],
    severity: worstSeverity(affected.map((row) => row.severity)),
    cvss: [],
    affected,
  };
}

function affectedIn(release: string, name: string, status: ReleaseStatus): Affected & { severity: Severity } {
  const fix = fixOf(status);
  return {
    namespace: { name: `debian:${versionOf(release)}`, versionScheme: 'dpkg' },
    package: name,
    range: fix.state === 'fixed' ? { to: fix.version } : {},
    fix,
    severity: severities.get(trimCharactersEnd(status.urgency ?? '', '*')) ?? 'Unknown',
  };
}

/** Returns the version of a release, or its codename if the version is unknown or does not exist. */
function versionOf(codename: string): string {
  if (codename === unstable) return 'unstable';
  const release = releaseOf(codename);
  return release?.id === 'debian' ? release.versionId : codename;
}

/**
 * Returns the fix of a status. An unknown status, or one without the version it needs, counts as unfixed: nothing
 * states that the package is unaffected.
 */
function fixOf({ status, fixed_version: version, urgency, nodsa_reason: reason }: ReleaseStatus): Fix {
  if (status === 'resolved' && version === '0') return { state: 'not-affected' };
  if (status === 'resolved' && version) return { state: 'fixed', version };
  if (status === 'undetermined') return { state: 'under-investigation' };
  if (urgency === 'end-of-life') return { state: 'end-of-life' };
  if (reason === 'ignored') return { state: 'will-not-fix' };
  if (reason === 'postponed') return { state: 'deferred' };
  return { state: 'unfixed' };
}
