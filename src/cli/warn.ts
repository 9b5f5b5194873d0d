import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { IgnoreRule } from '../model/suppression.ts';
import type { ConsoleOptions } from './progress.ts';

/** Maximum number of rules that are listed; the rest is counted. */
const rulesShownMax = 5;
const messageCharactersMax = 1000;

/** Writes a warning to standard error, unless `quiet`. On a terminal it replaces the progress line. */
export function warn(message: string, { quiet = false }: ConsoleOptions): void {
  if (quiet) return;
  const clearLine = process.stderr.isTTY ? '\r\u001b[K' : '';
  process.stderr.write(`${clearLine}clair: ${escapeForTerminal(message, messageCharactersMax)}\n`);
}

/** Warns of rules, one line each, and counts the remaining ones. */
export function warnAboutRules(rules: readonly IgnoreRule[], problem: string, options: ConsoleOptions): void {
  for (const rule of rules.slice(0, rulesShownMax)) {
    const selectors = selectorText(rule);
    warn(`${rule.place} ${problem}${selectors === '' ? '' : `: ${selectors}`}`, options);
  }
  if (rules.length > rulesShownMax)
    warn(`and ${rules.length - rulesShownMax} more rules: each of them ${problem}`, options);
}

function selectorText({ id, package: name, version, path, namespace, image }: IgnoreRule): string {
  const selectors = [
    ...(id === undefined ? [] : [id]),
    ...(name === undefined ? [] : [`package ${name}`]),
    ...(version === undefined ? [] : [`version ${version}`]),
    ...(path === undefined ? [] : [`path ${path}`]),
    ...(namespace === undefined ? [] : [`namespace ${namespace}`]),
    ...(image === undefined ? [] : [`image ${image}`]),
  ];
  return selectors.join(', ');
}
