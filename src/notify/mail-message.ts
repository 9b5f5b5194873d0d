import { limits } from '../core/limits.ts';
import { escapeHtml, toSingleLine } from '../kit/untrusted-text.ts';
import type { NotificationMessage } from '../plugin/transport.ts';
import { type ChannelMessage, collapseWhitespace, renderMessage, truncate } from './channel-message.ts';

/** The content of a mail. The parts say the same. */
export interface MailContent {
  /** One line. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Characters of a subject. Mail programs show fewer. */
const subjectMax = 200;

/** Returns the mail of a notification. Nothing in a notification becomes markup or a header. */
export async function notificationMail(notification: NotificationMessage): Promise<MailContent> {
  const [plain, escaped] = await Promise.all([
    renderMessage(notification, plainText),
    renderMessage(notification, htmlText),
  ]);
  const foot = `Notification ${notification.name}, ${notification.createdAt}`;
  return {
    subject: mailSubject(plain.title),
    text: textPart(plain, foot),
    html: htmlPart(escaped, foot),
  };
}

/** Returns a subject on one line. A line break in a header would begin another header. */
export function mailSubject(title: string): string {
  return toSingleLine(title, subjectMax);
}

/** Returns a page for mail programs. `body` is markup. It loads nothing. */
export function mailPage(body: readonly string[]): string {
  const head = '<meta charset="utf-8"><meta name="color-scheme" content="light dark">';
  return `<!doctype html>\n<html lang="en"><head>${head}</head><body>\n${body.join('\n')}\n</body></html>\n`;
}

function plainText(text: string, maxLength: number): string {
  return truncate(collapseWhitespace(text), maxLength);
}

function htmlText(text: string, maxLength: number): string {
  return escapeHtml(plainText(text, maxLength));
}

function textPart(message: ChannelMessage, foot: string): string {
  const { title, description, facts, emptyText, link } = message;
  const head = [
    title,
    description,
    facts.map((fact) => `${fact.title}: ${fact.value}`).join('\n'),
    emptyText,
  ];
  const end = [...(link === undefined ? [] : [`Advisory: ${link}`]), foot];
  const used = Buffer.byteLength([...head, ...end].join('\n\n'));
  const rows = fittingRows(message, used, (row) => row);
  return `${[...head, rows.join('\n'), ...end].filter((part) => part !== '').join('\n\n')}\n`;
}

function htmlPart(message: ChannelMessage, foot: string): string {
  const { title, description, facts, emptyText, link } = message;
  const paragraphs = [description, emptyText].filter((text) => text !== '').map((text) => `<p>${text}</p>`);
  const listed = facts.map((fact) => `<li>${fact.title}: ${fact.value}</li>`).join('');
  const head = [`<h1>${title}</h1>`, ...paragraphs, listed === '' ? '' : `<ul>${listed}</ul>`];
  const end = [
    ...(link === undefined ? [] : [`<p><a href="${escapeHtml(link)}">Advisory</a></p>`]),
    `<p><small>${escapeHtml(foot)}</small></p>`,
  ];
  const used = Buffer.byteLength(mailPage([...head, ...end]));
  const rows = fittingRows(message, used, (row) => `<p>${row.replace(/^- /, '')}</p>`);
  return mailPage([...head, ...rows, ...end].filter((part) => part !== ''));
}

/** Returns the rows that fit, and the number of the others. */
function fittingRows(
  { rows, moreText }: Pick<ChannelMessage, 'rows' | 'moreText'>,
  usedBytes: number,
  layOut: (row: string) => string,
): string[] {
  let bytesLeft = limits.mailPartBytes - usedBytes - Buffer.byteLength(layOut(moreText(rows.length)));
  const shown: string[] = [];
  for (const row of rows) {
    const laidOut = layOut(row);
    bytesLeft -= Buffer.byteLength(laidOut) + 1;
    if (bytesLeft < 0) break;
    shown.push(laidOut);
  }
  const rest = moreText(rows.length - shown.length);
  return rest === '' ? shown : [...shown, layOut(rest)];
}
