import { compareSeverity } from '../model/severity.ts';
import type { Notice, NoticedChange } from '../plugin/transport.ts';
import { cut, inOneLine, inWords, type Said, severityOf } from './change.ts';

/**
 * Teams refuses messages over 28 KiB, after the workflow that was posted to has answered that all is well
 * (learn.microsoft.com/microsoftteams/limits-specifications-teams). What is judged is the card as text within another JSON, and what
 * comes with it: 24,453 posted bytes were found to be 28,897 (MicrosoftDocs/msteams-docs, issue 11274).
 */
export const teamsCardBytes: number = 24 * 1024;

/** An element of an Adaptive Card; those of version 1.2 are shown by all clients of Teams. */
type Element = Readonly<Record<string, unknown>>;

/** The body of a post to a webhook of Teams' Workflows: a message with one Adaptive Card, of a size that Teams takes. */
export async function teamsMessage(notice: Notice): Promise<object> {
  const said = await inWords(notice, plain);
  const head = headOf(said);
  const foot = block(`Notification ${notice.name}, ${notice.createdAt}`, { isSubtle: true, size: 'Small' });
  const fitted = fittedRows(said, sizeOf(message(said, [...head, foot])));
  return message(said, [...head, ...fitted, foot]);
}

function headOf({ title, change, description, facts, instead }: Said): Element[] {
  const color = change === undefined ? 'default' : colorOf(change);
  return [
    block(title, { weight: 'Bolder', size: 'Medium', color }),
    ...(description === '' ? [] : [block(description)]),
    ...(facts.length === 0 ? [] : [{ type: 'FactSet', facts }]),
    ...(instead === '' ? [] : [block(instead)]),
  ];
}

/** An upper bound of the bytes of a value as text within another JSON, where everything but ASCII is escaped. */
export function sizeOf(value: object): number {
  const text = JSON.stringify(JSON.stringify(value));
  const escaped = '\\\\u0000';
  return text.length + (escaped.length - 1) * (text.match(/[\u0080-\uffff]/g)?.length ?? 0);
}

function message({ link }: Said, body: readonly Element[]): object {
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.2',
    msteams: { width: 'Full' },
    body,
    ...(link !== undefined && { actions: [{ type: 'Action.OpenUrl', title: 'Advisory', url: link }] }),
  };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content }] };
}

/** The rows there is room for, and how many are left out where that are any. */
function fittedRows({ rows, more }: Said, taken: number): Element[] {
  const note = (left: number): Element => block(more(left), { isSubtle: true });
  let room = teamsCardBytes - taken - sizeOf(note(rows.length));
  const fitted: Element[] = [];
  for (const row of rows) {
    const element = block(row, { spacing: 'Small' });
    room -= sizeOf(element);
    if (room < 0) break;
    fitted.push(element);
  }
  const left = rows.length - fitted.length;
  const rest = more(left);
  return rest === '' ? fitted : [...fitted, note(left)];
}

function colorOf(change: NoticedChange): string {
  const severity = severityOf(change);
  if (change.kind === 'withdrawn') return 'good';
  if (compareSeverity(severity, 'High') >= 0) return 'attention';
  return severity === 'Medium' ? 'warning' : 'default';
}

function block(text: string, look: Element = {}): Element {
  return { type: 'TextBlock', text, wrap: true, ...look };
}

/**
 * Text that says nothing but itself: cards take Markdown, and `{{DATE(…)}}` (learn.microsoft.com/adaptive-cards/authoring-cards/text-features).
 * A `TextRun` would take none, but webhooks of Teams were seen to refuse it (microsoft/AdaptiveCards, issue 8804).
 */
function plain(text: string, most: number): string {
  return inOneLine(cut(text, most)).replace(/[\\`*_[\]{}<>~&]/g, '\\$&');
}
