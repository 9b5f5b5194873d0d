import type { IgnoreRule, VexStatement } from '../../model/suppression.ts';

/** Why a rule leaves a finding out, and until when. */
export function ruleReason({ place, reason, expires }: IgnoreRule): string {
  return `ignored by ${place}${expires === undefined ? '' : ` until ${expires}`}: ${reason}`;
}

/** What a statement says, and who said it when. */
export function statementReason({ status, justification, words, document, time }: VexStatement): string {
  const when = time === undefined ? '' : ` of ${time.slice(0, 10)}`;
  const text = `${status.replace('_', ' ')}, says ${document.author} (${document.id}${when})`;
  const why = [justification?.replaceAll('_', ' '), words].filter(
    (part) => part !== undefined && part !== '',
  );
  return why.length === 0 ? text : `${text}: ${why.join('; ')}`;
}
