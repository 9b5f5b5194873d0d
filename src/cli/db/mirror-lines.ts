import { ClairError } from '../../core/errors.ts';
import type { MirroredFeed } from '../../service/feeds/mirror-feeds.ts';
import { feedColumn } from './feed-text.ts';

/** One line for one feed. */
export function mirrorLine({ source, feed, outcome }: MirroredFeed): string {
  const name = feedColumn(source, feed);
  if (outcome instanceof ClairError)
    return `${name} ${outcome.code === 'feed-not-tried' ? 'not tried' : 'failed'}: ${outcome.message}`;
  if (outcome === 'absent') return `${name} does not exist there`;
  if (outcome === 'superseded') return `${name} is not needed: the source it stands in for is there`;
  const { written, unchanged } = outcome;
  return `${name} mirrored: ${written} ${written === 1 ? 'file' : 'files'} new, ${unchanged} as before`;
}

/** Whether a feed was mirrored, or failed for a reason of its own; the lines of all others are for `--verbose`. */
export function hasMirrorLine({ outcome }: MirroredFeed): boolean {
  if (outcome instanceof ClairError) return outcome.code !== 'feed-not-tried';
  return outcome !== 'absent' && outcome !== 'superseded';
}

/** Whether feeds were asked for and not one exists. */
export function areAllMirroredAbsent(feeds: readonly MirroredFeed[]): boolean {
  return feeds.length > 0 && feeds.every(({ outcome }) => outcome === 'absent');
}

/** All feeds in one line, and the next step where hosts could not be reached. */
export function mirrorSummary(feeds: readonly MirroredFeed[]): string[] {
  const errors = feeds.flatMap(({ outcome }) => (outcome instanceof ClairError ? [outcome] : []));
  const notTried = errors.filter(({ code }) => code === 'feed-not-tried').length;
  const counts = [
    [
      feeds.filter(({ outcome }) => typeof outcome === 'object' && !(outcome instanceof ClairError)).length,
      'mirrored',
    ],
    [errors.length - notTried, 'failed'],
    [notTried, 'not tried'],
  ] as const;
  const shown = counts.flatMap(([number, word]) => (number === 0 ? [] : [`${number} ${word}`]));
  return [
    shown.length === 0 ? 'no feed is there' : `feeds: ${shown.join(', ')}`,
    ...(notTried > 0 ? ['Check the network, or name a mirror with --mirror.'] : []),
  ];
}
