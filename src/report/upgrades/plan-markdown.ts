import { toSingleLine } from '../../kit/untrusted-text.ts';
import type { ImageUpgradePlan } from '../../model/upgrade.ts';
import { imageTitleOf } from '../title.ts';
import { effectText, remainingText, upgradeSummaryLines } from './plan-lines.ts';

/** Maximum length of a line, in UTF-16 code units. */
const lineMax = 2000;

/** Renders the upgrades of an image as Markdown (CommonMark) for a ticket. Text of the image never becomes markup. */
export function* upgradePlanMarkdown(plan: ImageUpgradePlan): Iterable<string> {
  yield `# Upgrades of ${markdownText(imageTitleOf(plan.target))}\n\n`;
  if (plan.target.digest !== undefined) yield `Digest: ${markdownText(plan.target.digest)}\n\n`;
  for (const line of upgradeSummaryLines(plan)) yield `${markdownText(line)}\n\n`;
  if (plan.upgrades.length > 0) yield '## What to do first\n\n';
  for (const upgrade of plan.upgrades)
    yield `${upgrade.rank}. ${markdownText(upgrade.text)}: ${markdownText(effectText(upgrade, plan))}\n`;
  if (plan.remaining.length > 0) yield `${plan.upgrades.length > 0 ? '\n' : ''}## What is left\n\n`;
  for (const group of plan.remaining) yield `- ${markdownText(remainingText(group))}\n`;
  if (plan.doubts.length > 0) yield '\n## What could not be judged\n\n';
  for (const doubt of plan.doubts) yield `- ${markdownText(doubt)}\n`;
}

/** Returns a text on one line, with a backslash before each character that CommonMark or its extensions may read as markup. */
export function markdownText(text: string): string {
  return toSingleLine(text, lineMax).replaceAll(/[\\`*_{}[\]<>#!|~@$&^=]/g, (mark) => `\\${mark}`);
}
