import type { IgnoreRule, VexStatement } from '../../model/suppression.ts';

/** Returns why a rule suppresses a finding, and until when. */
export function ruleReason({ place, reason, expires }: IgnoreRule): string {
  return `ignored by ${place}${expires === undefined ? '' : ` until ${expires}`}: ${reason}`;
}

/** Returns the content, author and time of a statement. */
export function statementReason({ status, justification, words, document, time }: VexStatement): string {
  const when = time === undefined ? '' : ` of ${time.slice(0, 10)}`;
  const text = `${status.replace('_', ' ')}, says ${document.author} (${document.id}${when})`;
  const why = [justification?.replaceAll('_', ' '), words].filter(
    (part) => part !== undefined && part !== '',
  );
  return why.length === 0 ? text : `${text}: ${why.join('; ')}`;
}
