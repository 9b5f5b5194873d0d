import { ClairError } from '../../core/errors.ts';
import type { MirroredFeed } from '../../service/feeds/mirror-feeds.ts';
import { feedColumn } from './feed-text.ts';

/** Renders the outcome of one feed as a line. */
export function mirrorLine({ source, feed, outcome }: MirroredFeed): string {
  const name = feedColumn(source, feed);
  if (outcome instanceof ClairError)
    return `${name} ${outcome.code === 'feed-not-tried' ? 'not tried' : 'failed'}: ${outcome.message}`;
  if (outcome === 'absent') return `${name} does not exist there`;
  if (outcome === 'superseded') return `${name} is not needed: its preferred source is available`;
  const { written, unchanged } = outcome;
  return `${name} mirrored: ${written} ${written === 1 ? 'file' : 'files'} new, ${unchanged} as before`;
}

/** Returns whether a feed has a line without `--verbose`: it was mirrored, or it failed by itself. */
export function hasMirrorLine({ outcome }: MirroredFeed): boolean {
  if (outcome instanceof ClairError) return outcome.code !== 'feed-not-tried';
  return outcome !== 'absent' && outcome !== 'superseded';
}

/** Returns whether feeds were requested and none of them exists. */
export function areAllMirroredAbsent(feeds: readonly MirroredFeed[]): boolean {
  return feeds.length > 0 && feeds.every(({ outcome }) => outcome === 'absent');
}

/** Renders the counts of all feeds, and a hint if hosts were unreachable. */
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
