import type { NotificationMessage } from '../plugin/transport.ts';
import { type ChannelMessage, collapseWhitespace, renderMessage, truncate } from './channel-message.ts';

/**
 * Maximum size of the blocks of a message, in bytes of JSON. Slack rejects longer messages, and its pages do not document the limit. Its
 * developers name 12,000 characters of text plus an allowance for the blocks, but 11,341 were rejected (slackapi/bolt-js, issues 2509 and
 * 2867).
 */
export const slackBlocksBytes = 10_000;

/** Maximum characters of a header and of any other text (docs.slack.dev/reference/block-kit/blocks). */
const headerMax = 150;
const textMax = 3000;

/** A block of Block Kit, or a text object in one. */
type Block = Readonly<Record<string, unknown>>;

/** Returns the body of a post to an incoming webhook of Slack: one message of blocks within Slack's size limit. */
export async function slackMessage(notification: NotificationMessage): Promise<object> {
  const rendered = await renderMessage(notification, escapeText);
  const head = headOf(rendered);
  const foot = footOf(notification, rendered);
  return {
    // Text for push notifications and screen readers.
    text: rendered.title,
    mrkdwn: false,
    // Otherwise Slack fetches the pages that advisories link to and shows previews.
    unfurl_links: false,
    unfurl_media: false,
    blocks: [...head, ...fittedRows(rendered, sizeOf([...head, foot])), foot],
  };
}

/** Returns the size of a value in bytes of JSON. */
export function sizeOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function headOf({ title, description, facts, emptyText }: ChannelMessage): Block[] {
  const listed = facts.map((fact) => `${fact.title}: ${fact.value}`).join('\n');
  return [
    title.length > headerMax ? section(title) : { type: 'header', text: plainText(title) },
    ...[description, listed, emptyText].filter((text) => text !== '').map(section),
  ];
}

/** The foot has a link in its text. A button would need an app that responds to clicks (slackapi/node-slack-sdk, issue 869). */
function footOf({ name, createdAt }: NotificationMessage, { link }: ChannelMessage): Block {
  const elements = [plainText(`Notification ${name}, ${createdAt}`)];
  if (link !== undefined) {
    const text = `<${escapeEntities(link).replaceAll('|', '%7C')}|Advisory>`;
    elements.unshift({ type: 'mrkdwn', text, verbatim: true });
  }
  return { type: 'context', elements };
}

/** Returns the rows that fit, in as few blocks as possible, and a count of the rows left out. */
function fittedRows({ rows, moreText }: ChannelMessage, usedBytes: number): Block[] {
  const note = (text: string): Block => ({ type: 'context', elements: [plainText(text)] });
  // Each block adds a comma.
  let bytesLeft = slackBlocksBytes - usedBytes - sizeOf(note(moreText(rows.length))) - 1;
  const texts: string[] = [];
  let shown = 0;
  for (const row of rows) {
    const last = texts.at(-1);
    const joined = last === undefined ? row : `${last}\n${row}`;
    const joins = last !== undefined && joined.length <= textMax;
    bytesLeft -= joins ? sizeOf(section(joined)) - sizeOf(section(last)) : sizeOf(section(row)) + 1;
    if (bytesLeft < 0) break;
    if (joins) texts.pop();
    texts.push(joins ? joined : row);
    shown++;
  }
  const rest = moreText(rows.length - shown);
  return [...texts.map(section), ...(rest === '' ? [] : [note(rest)])];
}

function section(text: string): Block {
  return { type: 'section', text: plainText(text) };
}

/** Plain text for untrusted text, because the asterisks of `mrkdwn` cannot be escaped. `:words:` do not become emoji. */
function plainText(text: string): Block {
  return { type: 'plain_text', text, emoji: false };
}

/** Escapes untrusted text. Cuts it again if escaping has made it longer than `maxLength`. */
function escapeText(text: string, maxLength: number): string {
  const whole = escapeEntities(collapseWhitespace(truncate(text, maxLength - 1)));
  if (whole.length <= maxLength) return whole;
  return `${whole.slice(0, maxLength - 1).replace(/&[a-z]*$|[\ud800-\udbff]$/, '')}…`;
}

/** Escapes the three characters that begin mentions and links (docs.slack.dev/messaging/formatting-message-text). */
function escapeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
