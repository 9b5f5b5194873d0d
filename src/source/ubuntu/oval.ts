import { cvesIn } from '../../model/cve.ts';
import { toCvssVector } from '../../model/cvss.ts';
import type { CvssVector, FeedDocument, FetchedFeed, Fix, OnFeedDate } from '../../plugin/index.ts';
import { type Description, ovalDocuments } from '../oval/advisories.ts';
import type { Fact } from '../oval/criteria.ts';
import type { AdvisoryCve, Criterion, Definition } from '../oval/definition.ts';
import type { Part } from '../rows.ts';
import { vendorSeverity } from '../vendor-values.ts';
import { namespaceOfLabel, pageOf } from './release.ts';
import { fixOf } from './tracker.ts';

/** An OVAL file to be read, and the label of its release or service in the tracker. */
export interface OvalFeed {
  readonly feed: string;
  readonly label: string;
}

/**
 * Yields the CVEs of a release from OVAL. Its tests are of binary packages; the comments of its criteria name the
 * source package and repeat the line of the tracker. Both give the same rows.
 */
export function ubuntuOvalDocuments(
  { feed, label }: OvalFeed,
  content: FetchedFeed,
  onDate?: OnFeedDate,
): AsyncGenerator<FeedDocument> {
  const namespace = namespaceOfLabel(label)?.name ?? '';
  const codename = feed.slice(feed.indexOf('_') + 1);
  const isService = label !== codename;
  return ovalDocuments(
    {
      source: 'ubuntu-oval',
      scheme: 'dpkg',
      describe: (definition) => describe(definition, codename),
      read: (criterion) => read(criterion, isService),
      finish: (alternatives) => alternatives.map((part) => ({ ...part, namespace })),
    },
    feed,
    content,
    onDate,
  );
}

function describe(
  { class: kind, title, description, references, severity, cves }: Definition,
  codename: string,
): Description {
  if (kind !== 'vulnerability') return undefined;
  const [id] = cvesIn(...references.map((reference) => reference.id), title);
  if (id === undefined) return { skipped: 'it names no CVE' };
  if (!title.includes(`(${codename})`)) return { skipped: `it is not for ${codename}: ${title}` };
  const notices = cves.flatMap(({ attributes }) => attributes['usns']?.split(',') ?? []);
  const text = description.split(/\sUpdate Instructions:/)[0]?.trim();
  return {
    id,
    aliases: [],
    ...(text && { description: text }),
    links: [
      pageOf(id),
      ...new Set(notices.map((notice) => `https://ubuntu.com/security/notices/USN-${notice}`)),
    ],
    severity: vendorSeverity(severity),
    cvss: cves.filter((cve) => cve.id === id).flatMap(vectorOf),
  };
}

function vectorOf({ attributes }: AdvisoryCve): CvssVector[] {
  const vector = attributes['cvss_vector'];
  return vector?.startsWith('CVSS:') ? [toCvssVector('ubuntu', vector)] : [];
}

/** Criteria that are true on every system of the release. The running kernel does not matter in a container. */
const holding = /^Is kernel .+ running\?$|^Ubuntu .+ is installed\.?$|^The host is /;

/** Splits a comment into its subject and its statement; there are several forms. */
const subject =
  /^(?:\(\S+\) )?(?:The (?:vulnerability of the )?)?'?([a-z0-9][a-z0-9.+-]*)'?(?::|(?: source)? (?:package|kernel)(?: in [a-z]+,?)?) (.+)$/;

/**
 * Tracker statuses by the text that Ubuntu's generator writes for them. `DNE` means that the package does not exist.
 */
const statuses: readonly (readonly [words: string, status: string])[] = [
  ['does not exist', 'DNE'],
  ['is not affected', 'not-affected'],
  ['has been fixed', 'released'],
  ['made to ignore this issue', 'ignored'],
  ['made to defer addressing it', 'deferred'],
  ['is pending publication', 'pending'],
  ['may need fixing', 'needs-triage'],
  ['is not known', 'needs-triage'],
  ['needs fixing', 'needed'],
];

function read({ comment, negate }: Criterion, isService: boolean): Fact {
  if (holding.test(comment)) return 'holds';
  const [, name, statement = ''] = subject.exec(comment) ?? [];
  const status = statuses.find(([phrase]) => statement.includes(phrase))?.[1];
  if (name === undefined || status === undefined) return { unclear: `"${comment}"` };
  // Neither the status nor its negation gives a row.
  if (status === 'DNE' || status === 'not-affected') return negate ? 'holds' : 'fails';
  return {
    package: name,
    ...versionsOf(fixOf(status, noteIn(statement)), isService),
  };
}

/** Returns `1.2.3-4` of `… was fixed (note: '1.2.3-4')`; empty if there is no note. */
function noteIn(statement: string): string {
  const start = statement.indexOf("(note: '");
  return start < 0
    ? ''
    : statement.slice(start + "(note: '".length, Math.max(statement.lastIndexOf("')"), 0));
}

/** Returns the versions of a fix. A fix that only a service has leaves the package unfixed without that service. */
function versionsOf(fix: Fix, isService: boolean): Part {
  if (fix.state !== 'fixed') return { state: fix.state };
  return !isService && /[+~]esm\d/.test(fix.version) ? { state: 'unfixed' } : { to: fix.version };
}
