import type { UpgradeRanking } from '../../model/upgrade.ts';
import { findingSumText, priorText } from './plan-lines.ts';
import { markdownText } from './plan-markdown.ts';

/** The upgrades of many images, and when their findings were counted. */
export interface RankedFleet extends Pick<UpgradeRanking, 'before' | 'after' | 'priors'> {
  /** ISO 8601. */
  readonly countedAt: string;
  /** Labels of images that count more than once in the order, as `KEY=VALUE`. */
  readonly weights: readonly { readonly label: string; readonly weight: number }[];
  readonly upgrades: readonly Pick<
    UpgradeRanking['upgrades'][number],
    'rank' | 'text' | 'images' | 'closes'
  >[];
}

/** Renders the upgrades of many images as Markdown (CommonMark) for a ticket. Undefined means that nothing is counted yet. */
export function* fleetUpgradesMarkdown(ranked: RankedFleet | 'no images' | undefined): Iterable<string> {
  yield '# What to upgrade first\n\n';
  if (ranked === undefined) {
    yield 'No server has counted the findings yet.\n';
    return;
  }
  if (ranked === 'no images') {
    yield 'No image matches the filter.\n';
    return;
  }
  const { countedAt, before, after, upgrades, priors, weights } = ranked;
  yield `Counted at ${countedAt}, before rules and VEX statements. Findings count in each image that has them.\n\n`;
  yield `Before: ${findingSumText(before)}. After these upgrades: ${findingSumText(after)}.\n\n`;
  for (const { label, weight } of weights)
    yield `In the order, images with the label ${markdownText(label)} count ${weight} times.\n\n`;
  for (const { rank, text, images, closes } of upgrades)
    yield `${rank}. ${markdownText(text)}: ${images} ${images === 1 ? 'image' : 'images'}, closes ${findingSumText(closes)}\n`;
  if (priors.length > 0) yield '\n';
  for (const prior of priors) yield `${markdownText(priorText(prior))}\n`;
}
