import { shownText } from '../../kit/shown-text.ts';
import type { IgnoreRule } from '../../model/exception.ts';
import type { ConsoleOptions } from '../progress.ts';

/** So many of one kind are told one by one. */
const toldMax = 5;
const sentenceMax = 1000;

/** Tells people something that is no part of the result. On a terminal it takes the line of what shows the progress. */
export function tell(words: string, { quiet = false }: ConsoleOptions): void {
  if (quiet) return;
  const wipe = process.stderr.isTTY ? '\r\u001b[K' : '';
  process.stderr.write(`${wipe}clair: ${shownText(words, sentenceMax)}\n`);
}

/** Tells of rules, a line each and then how many more. */
export function tellRules(rules: readonly IgnoreRule[], what: string, options: ConsoleOptions): void {
  for (const rule of rules.slice(0, toldMax)) {
    const words = selectorWords(rule);
    tell(`${rule.place} ${what}${words === '' ? '' : `: ${words}`}`, options);
  }
  if (rules.length > toldMax) tell(`and ${rules.length - toldMax} more rules: each of them ${what}`, options);
}

function selectorWords({ id, package: name, version, path, namespace, image }: IgnoreRule): string {
  const words = [
    ...(id === undefined ? [] : [id]),
    ...(name === undefined ? [] : [`package ${name}`]),
    ...(version === undefined ? [] : [`version ${version}`]),
    ...(path === undefined ? [] : [`path ${path}`]),
    ...(namespace === undefined ? [] : [`namespace ${namespace}`]),
    ...(image === undefined ? [] : [`image ${image}`]),
  ];
  return words.join(', ');
}
