import { compareSeverity } from '../model/severity.ts';
import type { NotificationMessage, VulnerabilityChange } from '../plugin/transport.ts';
import {
  type ChannelMessage,
  changeSeverity,
  collapseWhitespace,
  renderMessage,
  truncate,
} from './channel-message.ts';

/**
 * Maximum size of a card, in bytes as measured by `escapedSizeOf`. Teams rejects messages over 28 KiB, after the workflow has answered with
 * success (learn.microsoft.com/microsoftteams/limits-specifications-teams). The limit applies to the card as a string within another JSON
 * document: 24,453 posted bytes counted as 28,897 (MicrosoftDocs/msteams-docs, issue 11274).
 */
export const teamsCardBytes: number = 24 * 1024;

/** An element of an Adaptive Card. All clients of Teams show those of version 1.2. */
type Element = Readonly<Record<string, unknown>>;

/** Returns the body of a post to a webhook of Teams' Workflows: a message with one Adaptive Card within Teams' size limit. */
export async function teamsMessage(notification: NotificationMessage): Promise<object> {
  const rendered = await renderMessage(notification, escapeText);
  const head = headOf(rendered);
  const foot = block(`Notification ${notification.name}, ${notification.createdAt}`, {
    isSubtle: true,
    size: 'Small',
  });
  const fitted = fittedRows(rendered, escapedSizeOf(message(rendered, [...head, foot])));
  return message(rendered, [...head, ...fitted, foot]);
}

function headOf({ title, change, description, facts, emptyText }: ChannelMessage): Element[] {
  const color = change === undefined ? 'default' : colorOf(change);
  return [
    block(title, { weight: 'Bolder', size: 'Medium', color }),
    ...(description === '' ? [] : [block(description)]),
    ...(facts.length === 0 ? [] : [{ type: 'FactSet', facts }]),
    ...(emptyText === '' ? [] : [block(emptyText)]),
  ];
}

/** Returns an upper bound of the bytes of a value as a string within another JSON document, with all but ASCII escaped. */
export function escapedSizeOf(value: object): number {
  const text = JSON.stringify(JSON.stringify(value));
  const escaped = '\\\\u0000';
  return text.length + (escaped.length - 1) * (text.match(/[\u0080-\uffff]/g)?.length ?? 0);
}

function message({ link }: ChannelMessage, body: readonly Element[]): object {
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

/** Returns the rows that fit, and a count of the rows left out. */
function fittedRows({ rows, moreText }: ChannelMessage, usedBytes: number): Element[] {
  const note = (left: number): Element => block(moreText(left), { isSubtle: true });
  let bytesLeft = teamsCardBytes - usedBytes - escapedSizeOf(note(rows.length));
  const fitted: Element[] = [];
  for (const row of rows) {
    const element = block(row, { spacing: 'Small' });
    bytesLeft -= escapedSizeOf(element);
    if (bytesLeft < 0) break;
    fitted.push(element);
  }
  const left = rows.length - fitted.length;
  const rest = moreText(left);
  return rest === '' ? fitted : [...fitted, note(left)];
}

function colorOf(change: VulnerabilityChange): string {
  const severity = changeSeverity(change);
  if (change.kind === 'withdrawn') return 'good';
  if (compareSeverity(severity, 'High') >= 0) return 'attention';
  return severity === 'Medium' ? 'warning' : 'default';
}

function block(text: string, look: Element = {}): Element {
  return { type: 'TextBlock', text, wrap: true, ...look };
}

/**
 * Escapes untrusted text. Cards interpret Markdown and `{{DATE(…)}}` (learn.microsoft.com/adaptive-cards/authoring-cards/text-features). A
 * `TextRun` would interpret neither, but webhooks of Teams rejected it (microsoft/AdaptiveCards, issue 8804).
 */
function escapeText(text: string, maxLength: number): string {
  return collapseWhitespace(truncate(text, maxLength)).replace(/[\\`*_[\]{}<>~&]/g, '\\$&');
}
