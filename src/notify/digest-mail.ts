import { limits } from '../core/limits.ts';
import { escapeHtml, toSingleLine } from '../kit/untrusted-text.ts';
import type { ComparedCount, DailyDigest, DigestAdvisories, DigestImages } from '../model/daily-digest.ts';
import { changeSections } from './digest-changes.ts';
import { type DigestSection, sectionHtml, sectionText } from './digest-section.ts';
import { type MailContent, mailPage, mailSubject } from './mail-message.ts';

/** Returns the mail of a digest. `consoleUrl` leads to the page of the server; undefined without one. */
export function digestMail(digest: DailyDigest, consoleUrl: string | undefined): MailContent {
  const sections = [
    findingsSection(digest),
    ...changeSections(digest, consoleUrl),
    eventsSection(digest),
    foundSection(digest.advisories),
    sourcesSection(digest),
    notAssessedSection(digest),
  ].filter(({ rows, lines }) => rows.length + lines.length > 0);
  const title = `From ${minuteOf(digest.since)} to ${minuteOf(digest.at)} UTC`;
  return {
    subject: mailSubject(subjectOf(digest)),
    text: `${[title, ...sections.map(sectionText), ...(consoleUrl === undefined ? [] : [consoleUrl])].join('\n\n')}\n`,
    html: mailPage([
      `<p>${escapeHtml(title)}</p>`,
      ...sections.map(sectionHtml),
      ...(consoleUrl === undefined
        ? []
        : [`<p><a href="${escapeHtml(consoleUrl)}">Open the console</a></p>`]),
    ]),
  };
}

function subjectOf({ at, findings, otherSources }: DailyDigest): string {
  const counts =
    findings === null
      ? ['findings are not counted yet']
      : [
          `${findings.exploited.now} exploited${changeIn(findings.exploited)}`,
          ...findings.bySeverity
            .slice(0, 2)
            .map((count) => `${count.now} ${count.severity}${changeIn(count)}`),
        ];
  const sources = otherSources.length === 0 ? [] : [`${otherSources.length} sources not current`];
  return `Clair ${at.slice(0, 10)}: ${[...counts, ...sources].join(', ')}`;
}

function changeIn(count: ComparedCount): string {
  const change = changeOf(count);
  return change === '' || change === '=' ? '' : ` (${change})`;
}

/** Returns a change with its sign: `+3`, `-2`, `=`. Empty if there is nothing to compare with. */
function changeOf({ now, before }: ComparedCount): string {
  if (before === null) return '';
  return now === before ? '=' : `${now > before ? '+' : ''}${now - before}`;
}

function findingsSection({ findings }: DailyDigest): DigestSection {
  const title = 'Open findings';
  if (findings === null)
    return { title, rows: [], lines: ['No server has counted findings yet: nothing is known.'] };
  const { bySeverity, all, exploited, fixable, images, countedAt } = findings;
  const counts = [
    ...bySeverity.map(({ severity, ...count }) => [severity, count] as const),
    ...([
      ['All', all],
      ['Exploited', exploited],
      ['Fixable', fixable],
    ] as const),
  ];
  const basis =
    all.before === null
      ? ' There is no earlier count to compare with.'
      : ' Changes are those since the last mail.';
  return {
    title,
    rows: counts.map(([name, count]) => [name, String(count.now), changeOf(count)]),
    lines: [`Of ${images} images, last changed ${minuteOf(countedAt)} UTC.${basis}`],
  };
}

function eventsSection({ advisories, images }: DailyDigest): DigestSection {
  const atLeast = advisories.isComplete ? '' : 'at least ';
  const lines = [
    `Advisories: ${atLeast}${advisories.new} new, ${advisories.changed} changed, ${advisories.withdrawn} withdrawn.`,
    images === null ? 'Images read first: not known before the first digest.' : newImagesText(images),
  ];
  return { title: 'Since the last mail', rows: [], lines };
}

function newImagesText({ new: added, isComplete, counted, findings, exploited }: DigestImages): string {
  const uncounted = added - counted;
  const left = uncounted === 0 ? '' : `; ${uncounted} are not counted yet`;
  return `Images read first: ${isComplete ? '' : 'at least '}${added}, with ${findings} findings, ${exploited} of them exploited${left}.`;
}

function foundSection({ found }: DigestAdvisories): DigestSection {
  const shown = found.slice(0, limits.digestRows);
  const more = found.length - shown.length;
  return {
    title: 'New or changed advisories that images have',
    rows: shown.map(({ id, severity, exploited, images }) => [
      toSingleLine(id, 80),
      severity,
      exploited === 'yes' ? 'exploited' : '',
      images === 1 ? '1 image' : `${images} images`,
    ]),
    lines: more === 0 ? [] : [`and ${more} more, none of them more urgent`],
  };
}

function sourcesSection({ currentSources, otherSources }: DailyDigest): DigestSection {
  const shown = otherSources.slice(0, limits.digestRows);
  const more = otherSources.length - shown.length;
  return {
    title: 'Sources of advisories',
    rows: [],
    lines: [
      ...shown.map(
        ({ source, state, reason }) =>
          `${toSingleLine(source, 80)} is ${state}${reason === null ? '' : `: ${toSingleLine(reason, 300)}`}`,
      ),
      ...(more === 0 ? [] : [`and ${more} more that are not current`]),
      currentSources + otherSources.length === 0
        ? 'No source is loaded: findings are missing.'
        : `${currentSources} sources are current.`,
    ],
  };
}

function notAssessedSection({ notAssessed: { uncountedSets, failedScans } }: DailyDigest): DigestSection {
  const lines = [
    ...(uncountedSets === null || uncountedSets === 0
      ? []
      : [`${uncountedSets} package sets wait to be counted, so findings may be missing above.`]),
    ...(failedScans === 0 ? [] : [`${failedScans} scans of images have failed.`]),
  ];
  return { title: 'Not assessed', rows: [], lines };
}

/** Returns a time to the minute: `2026-11-29 07:00`. */
function minuteOf(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}
