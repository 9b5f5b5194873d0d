import * as z from 'zod/mini';
import { jsonMembers } from '../../kit/json-stream.ts';
import { releaseOf, unstable } from '../../model/release.ts';
import { compareSeverity } from '../../model/severity.ts';
import type { Affected, Fetched, Fix, Severity, Vulnerability } from '../../plugin/index.ts';
import { checked, fromFeed, UnexpectedContent } from '../corrupt-feed.ts';

const url = 'https://security-tracker.debian.org/tracker';

/** Clair's scale for Debian's urgencies, of which the tracker's stars are taken off: they mark a guess. */
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

const issues = z.record(
  z.string(),
  z.object({
    description: z.optional(z.nullable(z.string())),
    releases: z.record(z.string(), releaseStatus),
  }),
);

type ReleaseStatus = z.output<typeof releaseStatus>;
type Issue = z.output<typeof issues>[string];

/** The vulnerabilities of the tracker, package by package. */
export function readTracker(feed: string, content: Fetched): AsyncGenerator<Vulnerability> {
  return fromFeed({ source: 'debian', feed, content }, vulnerabilities(content));
}

async function* vulnerabilities(content: Fetched): AsyncGenerator<Vulnerability> {
  let packages = 0;
  for await (const [name, value] of jsonMembers(content.body)) {
    packages++;
    for (const [id, issue] of Object.entries(checked(issues, value, name)))
      yield vulnerability(name, id, issue);
  }
  if (packages === 0) throw new UnexpectedContent('its end', 'it holds no package');
}

function vulnerability(name: string, id: string, issue: Issue): Vulnerability {
  const affected = Object.entries(issue.releases).map(([release, status]) =>
    affectedIn(release, name, status),
  );
  return {
    key: `${name}/${id}`,
    id,
    aliases: [],
    ...(issue.description && { description: issue.description }),
    links: [`${url}/${id}`],
    severity: affected.map((row) => row.severity).reduce(worse, 'Unknown'),
    cvss: [],
    affected,
  };
}

function worse(a: Severity, b: Severity): Severity {
  return compareSeverity(a, b) < 0 ? b : a;
}

function affectedIn(release: string, name: string, status: ReleaseStatus): Affected & { severity: Severity } {
  const fix = fixOf(status);
  return {
    namespace: { name: `debian:${versionOf(release)}`, versionScheme: 'dpkg' },
    package: name,
    range: fix.state === 'fixed' ? { to: fix.version } : {},
    fix,
    severity: severities.get(status.urgency?.replace(/\*+$/, '') ?? '') ?? 'Unknown',
  };
}

/** The number of a release; its codename where it has none or is too new to be known. */
function versionOf(codename: string): string {
  if (codename === unstable) return 'unstable';
  const release = releaseOf(codename);
  return release?.id === 'debian' ? release.versionId : codename;
}

/** A status that is not understood, or lacks the version it needs, counts as open: nobody said that it is not. */
function fixOf({ status, fixed_version: version, urgency, nodsa_reason: reason }: ReleaseStatus): Fix {
  if (status === 'resolved' && version === '0') return { state: 'not-affected' };
  if (status === 'resolved' && version) return { state: 'fixed', version };
  if (status === 'undetermined') return { state: 'under-investigation' };
  if (urgency === 'end-of-life') return { state: 'end-of-life' };
  if (reason === 'ignored') return { state: 'will-not-fix' };
  if (reason === 'postponed') return { state: 'deferred' };
  return { state: 'unfixed' };
}
