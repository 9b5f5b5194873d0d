import { dayMs } from '../core/duration.ts';
import type { DateEvidence } from '../model/content-date.ts';

/** The cadence at which a source publishes. */
export interface PublishingCadence {
  /** Content older than this many days is stale while the release is supported. */
  readonly maxAgeDays: number;
  /** Whether the vendor removes releases from the feed once their support has ended. */
  readonly dropsEndedReleases?: true;
}

/** One file for all releases, written at least once a day. A week covers outages and holidays. */
const daily: PublishingCadence = { maxAgeDays: 7 };
/** New records on most days, with quiet weeks. */
const weekly: PublishingCadence = { maxAgeDays: 30 };
/** A file for each release or repository, which changes only with its next advisory. */
const perRelease: PublishingCadence = { maxAgeDays: 90 };

/** By name of the source. docs/reference/feed-age.md gives the reasons. */
const cadences: Readonly<Record<string, PublishingCadence>> = {
  debian: { ...daily, dropsEndedReleases: true },
  ubuntu: daily,
  rhel: daily,
  wolfi: daily,
  chainguard: daily,
  nvd: daily,
  cve: daily,
  'cve-products': daily,
  'nvd-products': daily,
  epss: daily,
  oracle: weekly,
  'suse-documents': weekly,
  rocky: weekly,
  openeuler: weekly,
  kev: weekly,
  euvd: weekly,
  'ubuntu-oval': weekly,
  'rhel-oval': weekly,
  alpine: perRelease,
  amazon: perRelease,
  alma: perRelease,
  suse: perRelease,
  photon: perRelease,
  azure: perRelease,
  arch: perRelease,
  fedora: weekly,
  bottlerocket: perRelease,
  gentoo: perRelease,
};

/** Returns the cadence of a source. Sources that are not in the table, such as those of plugins, may be quiet for a quarter of a year. */
export function cadenceOf(source: string): PublishingCadence {
  return cadences[source] ?? perRelease;
}

/** The date of a feed's content. */
export interface DatedContent {
  readonly source: string;
  /** ISO 8601. */
  readonly date: string;
  readonly evidence: DateEvidence;
}

/**
 * Returns whether content is too old for its source at a time. For a release without support, the time is the last day of support, since no
 * advisories are written after it.
 */
export function isTooOld({ source, date }: Pick<DatedContent, 'source' | 'date'>, at: Date): boolean {
  return at.getTime() - Date.parse(date) > cadenceOf(source).maxAgeDays * dayMs;
}

const evidenceTexts: Readonly<Record<DateEvidence, string>> = {
  record: 'the newest advisory is of',
  feed: 'the feed was written on',
  http: 'the feed was last changed on',
  file: 'the file of the feed was last changed on',
};

/** Describes outdated content: `the newest advisory is of 2023-04-04, more than 7 days old`. */
export function describeAge({ source, date, evidence }: DatedContent, supportEnd?: string): string {
  const days = cadenceOf(source).maxAgeDays;
  const age =
    supportEnd === undefined ? `more than ${days} days ago` : `more than ${days} days before that day`;
  return `${evidenceTexts[evidence]} ${date.slice(0, 10)}, ${age}`;
}
