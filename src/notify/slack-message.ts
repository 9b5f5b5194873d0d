import type { NotificationMessage } from '../plugin/transport.ts';
import { type ChannelMessage, collapseWhitespace, renderMessage, truncate } from './channel-message.ts';

/**
 * Slack refuses a message whose blocks are too long together, and its pages do not say when: 12,000 characters of text and something
 * for the blocks around them are what its people name, but 11,341 were seen to be refused (slackapi/bolt-js, issues 2509 and 2867).
 * These are bytes, and of all that the blocks are made of.
 */
export const slackBlocksBytes = 10_000;

/** The most characters of a header and of any other text (docs.slack.dev/reference/block-kit/blocks). */
const headerMax = 150;
const textMax = 3000;

/** A block of Block Kit, or a text in one. */
type Block = Readonly<Record<string, unknown>>;

/** The body of a post to an incoming webhook of Slack: one message of blocks, of a size that Slack takes. */
export async function slackMessage(notification: NotificationMessage): Promise<object> {
  const rendered = await renderMessage(notification, escapeText);
  const head = headOf(rendered);
  const foot = footOf(notification, rendered);
  return {
    // What notifications and screen readers have of it.
    text: rendered.title,
    mrkdwn: false,
    // Slack would fetch what advisories link to, and show it.
    unfurl_links: false,
    unfurl_media: false,
    blocks: [...head, ...fittedRows(rendered, sizeOf([...head, foot])), foot],
  };
}

/** The bytes that a value is posted as. */
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

/** A link in the text: buttons, links too, want an app that answers when they are pressed (slackapi/node-slack-sdk, issue 869). */
function footOf({ name, createdAt }: NotificationMessage, { link }: ChannelMessage): Block {
  const elements = [plainText(`Notification ${name}, ${createdAt}`)];
  if (link !== undefined) {
    const text = `<${escapeEntities(link).replaceAll('|', '%7C')}|Advisory>`;
    elements.unshift({ type: 'mrkdwn', text, verbatim: true });
  }
  return { type: 'context', elements };
}

/** The rows there is room for, in as few blocks as can be, and how many are left out where that are any. */
function fittedRows({ rows, moreText }: ChannelMessage, usedBytes: number): Block[] {
  const note = (text: string): Block => ({ type: 'context', elements: [plainText(text)] });
  // Each block that is added brings a comma.
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

/** No `mrkdwn` where others write: there is no way to mask its asterisks. Nor are `:words:` to be pictures. */
function plainText(text: string): Block {
  return { type: 'plain_text', text, emoji: false };
}

/** Text that says nothing but itself, cut once more where masking has made it longer than it may be. */
function escapeText(text: string, maxLength: number): string {
  const whole = escapeEntities(collapseWhitespace(truncate(text, maxLength - 1)));
  if (whole.length <= maxLength) return whole;
  return `${whole.slice(0, maxLength - 1).replace(/&[a-z]*$|[\ud800-\udbff]$/, '')}…`;
}

/** Without these no text calls a channel or leads elsewhere (docs.slack.dev/messaging/formatting-message-text). */
function escapeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
