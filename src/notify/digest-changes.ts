import type { DailyDigest } from '../model/daily-digest.ts';
import type { CauseSum, ChangedFindings, DayChanges, FindingCause } from '../model/finding-changes.ts';
import { severities } from '../model/severity.ts';
import type { DigestSection } from './digest-section.ts';

/** Names of the causes in a mail: those that the console has. */
export const causeNames: Readonly<Record<FindingCause, string>> = {
  'image-added': 'New images with findings',
  'image-removed': 'Untagged or deleted images with findings',
  'image-read-again': 'Images that were read again',
  advisory: 'Changed advisories',
  'counted-again': 'New sources, or a new version of Clair',
  rating: 'Other ratings',
  'image-rebuilt': 'Rebuilt images, whose tag has moved',
};

/** Returns a section for each day of a digest: how many findings are new and closed, and why, as the page Today of the console says it. */
export function changeSections(
  { since, changes }: Pick<DailyDigest, 'since' | 'changes'>,
  consoleUrl: string | undefined,
): DigestSection[] {
  const sections = changes.map((one) => sectionOfDay(one, consoleUrl));
  const last = changes.at(-1);
  const isCut = last !== undefined && last.since !== null && last.since >= since.slice(0, 10);
  const cut = {
    title: 'Earlier days',
    rows: [],
    lines: ['Earlier days have changes as well. They are left out.'],
  };
  return isCut ? [...sections, cut] : sections;
}

function sectionOfDay(changes: DayChanges, consoleUrl: string | undefined): DigestSection {
  const { day, since, now, before, opened, closed, causes } = changes;
  if (since === null) {
    return { title: `New on ${day}`, rows: [], lines: ['No earlier day was counted to compare with.'] };
  }
  const difference = (now ?? 0) - (before ?? 0);
  const title = `New on ${day}, since ${since}`;
  const intro = [`${signed(difference)} findings: ${before} before, ${now} now.`];
  if (causes === null)
    return { title, intro, rows: [], lines: ['The causes of this day were not recorded.'] };
  const byCause = Map.groupBy(causes, ({ cause }) => cause);
  const head = ['Cause', 'Images or vulnerabilities', 'New', 'Closed', 'Other severity'];
  const rows = [...[...byCause].map(([cause, sums]) => rowOf(cause, sums)), ...unexplainedRow(changes)];
  return {
    title,
    intro: [...intro, `${opened} new findings, ${closed} closed.`],
    rows: rows.length === 0 ? [] : [head, ...rows],
    lines: [...byCause].flatMap(([cause, sums]) => severityLine(cause, sums)),
    ...(consoleUrl !== undefined && { links: linksOf([...byCause.keys()], day ?? '', consoleUrl) }),
  };
}

function rowOf(cause: FindingCause, sums: readonly CauseSum[]): string[] {
  const sumOf = (name: 'subjects' | keyof ChangedFindings): number =>
    sums.reduce((sum, one) => sum + one[name], 0);
  const [opened, closed] = [sumOf('opened'), sumOf('closed')];
  return [
    causeNames[cause],
    ...[sumOf('subjects'), signed(opened), signed(-closed), sumOf('rerated')].map(String),
  ];
}

function unexplainedRow({ unexplained }: DayChanges): string[][] {
  if (unexplained === null || unexplained === 0) return [];
  const numbers = [signed(Math.max(0, unexplained)), signed(Math.min(0, unexplained))];
  return [['Not explained', '', ...numbers, '0']];
}

/** The new findings of a cause by severity, the worst first. Images have no severity. */
function severityLine(cause: FindingCause, sums: readonly CauseSum[]): string[] {
  const counts = sums
    .filter(({ severity, opened }) => severity !== null && opened > 0)
    .toSorted(
      (a, b) => severities.indexOf(b.severity ?? 'Unknown') - severities.indexOf(a.severity ?? 'Unknown'),
    )
    .map(({ severity, opened }) => `${opened} ${severity}`);
  return counts.length === 0 ? [] : [`${causeNames[cause]}, new: ${counts.join(', ')}.`];
}

function signed(count: number): string {
  return count > 0 ? `+${count}` : String(count);
}

function linksOf(
  causes: readonly FindingCause[],
  day: string,
  consoleUrl: string,
): ReadonlyMap<string, string> {
  const base = consoleUrl.endsWith('/') ? consoleUrl.slice(0, -1) : consoleUrl;
  return new Map(causes.map((cause) => [causeNames[cause], `${base}/news/${cause}?day=${day}`]));
}
