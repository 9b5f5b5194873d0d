import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sampleNotification } from '../plugin/contract/transport.ts';
import type { NotificationImage, NotificationMessage } from '../plugin/transport.ts';
import {
  floodedMessages,
  installedDeb,
  newInBatch,
  plainVulnerability,
  sampleBatchMessage,
  sampleChangeMessage,
} from '../testing/notification-messages.ts';
import { sizeOf, slackBlocksBytes, slackMessage } from './slack-message.ts';

const { name, createdAt } = sampleNotification;

function hit(names: string[]): NotificationImage {
  const packages = [installedDeb('openssl', '3.0.14')];
  return { identity: 'sha256:00', names, packages, fix: { state: 'fixed', version: '3.0.15' } };
}

interface Text {
  readonly type: string;
  readonly text: string;
}

interface Block {
  readonly type: string;
  readonly text?: Text;
  readonly elements?: readonly Text[];
}

interface Message {
  readonly text: string;
  readonly blocks: readonly Block[];
}

async function messageOf(notification: NotificationMessage): Promise<Message> {
  return (await slackMessage(notification)) as Message;
}

function textsOf({ text, elements = [] }: Block): readonly Text[] {
  return text === undefined ? elements : [text];
}

/** Returns the texts of the blocks of a message, without the foot. */
async function shownOf(notification: NotificationMessage): Promise<string[]> {
  const { blocks } = await messageOf(notification);
  return blocks.slice(0, -1).flatMap((block) => textsOf(block).map(({ text }) => text));
}

/** Asserts that a message keeps to Slack's documented rules and has no unintended control characters. */
function assertAccepted({ text, blocks }: Message): void {
  assert.ok(sizeOf(blocks) <= slackBlocksBytes, `${sizeOf(blocks)} bytes`);
  assert.ok(blocks.length <= 50 && text.isWellFormed());
  for (const block of blocks) {
    const most = block.type === 'header' ? 150 : 3000;
    assert.ok((block.elements ?? []).length <= 10);
    for (const { type, text } of textsOf(block)) {
      assert.ok(text.length >= 1 && text.length <= most && text.isWellFormed());
      const written = type === 'mrkdwn' ? text.replace(/^<([^<>|]+)\|Advisory>$/, '$1') : text;
      assert.doesNotMatch(written, /[<>]|&(?!(?:amp|lt|gt);)/);
    }
  }
}

test('renders a message as blocks for an incoming webhook', async () => {
  const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
  const section = (text: string) => ({ type: 'section', text: plain(text) });
  const link = '<https://security-tracker.debian.org/tracker/CVE-2026-1|Advisory>';
  assert.deepEqual(await slackMessage(sampleNotification), {
    text: 'New: CVE-2026-1 (High) in debian:12',
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: plain('New: CVE-2026-1 (High) in debian:12') },
      section('A buffer is read past its end.'),
      section('Source: debian\nSeverity: High\nPackages: openssl fixed in 3.0.15-1~deb12u1'),
      section('- shop: fixed in 3.0.15-1~deb12u1'),
      {
        type: 'context',
        elements: [
          { type: 'mrkdwn', text: link, verbatim: true },
          plain(`Notification ${name}, ${createdAt}`),
        ],
      },
    ],
  });
});

test('shows the values before and after a change and the affected images', async () => {
  const old = plainVulnerability({ severity: 'Medium' });
  const images = [hit(['shop', 'shop:2']), hit([])];
  assert.deepEqual(
    await shownOf(sampleChangeMessage({ kind: 'changed', old, images, hasMoreImages: true })),
    [
      'Changed: CVE-2026-1 (High) in debian:12',
      'Source: debian\nSeverity: Medium → High',
      '- shop, shop:2: openssl 3.0.14 (fixed in 3.0.15)\n- sha256:00: openssl 3.0.14 (fixed in 3.0.15)',
      'and more images',
    ],
  );
  assert.equal((await shownOf(sampleChangeMessage({}))).at(-1), 'No known image is affected.');
});

test('lists the most severe change of a batch first', async () => {
  assert.deepEqual(await shownOf(sampleBatchMessage([newInBatch('A', 'Low'), newInBatch('B', 'Critical')])), [
    'shop: 2 changes',
    'New: B (Critical) in debian:12: curl 7 (unfixed)\nNew: A (Low) in debian:12: curl 7 (unfixed)',
  ]);
  assert.deepEqual(await shownOf(sampleBatchMessage([])), ['shop: 0 changes']);
});

test('escapes mentions and links in untrusted text', async () => {
  const description = '<!channel> *a* & <https://evil.example|b>\n\n\u202e:smile: &amp;';
  const links = ['javascript:alert(1)', 'https://a.example/?a=1&b=|<!here>'];
  const message = await messageOf(sampleChangeMessage({ new: plainVulnerability({ description, links }) }));
  assert.deepEqual(message.blocks[1]?.text, {
    type: 'plain_text',
    text: '&lt;!channel&gt; *a* &amp; &lt;https://evil.example|b&gt; :smile: &amp;amp;',
    emoji: false,
  });
  const [link] = message.blocks.at(-1)?.elements ?? [];
  assert.equal(link?.text, '<https://a.example/?a=1&amp;b=%7C%3C!here%3E|Advisory>');
  const { text } = await messageOf(sampleChangeMessage({ new: plainVulnerability({ id: '<!here>' }) }));
  assert.equal(text, 'New: &lt;!here&gt; (High) in debian:12');
});

test('cuts long text between characters and shows a title that is too long for a header whole', async () => {
  const cases: [description: string, shown: string][] = [
    ['a'.repeat(999), 'a'.repeat(999)],
    ['a'.repeat(2000), `${'a'.repeat(999)}…`],
    [`${'a'.repeat(996)}<b>`, `${'a'.repeat(996)}…`],
    [`${'<'.repeat(2)}${'a'.repeat(990)}😀b`, `&lt;&lt;${'a'.repeat(990)}…`],
  ];
  for (const [description, shown] of cases) {
    const [, text] = await shownOf(sampleChangeMessage({ new: plainVulnerability({ description }) }));
    assert.equal(text, shown);
  }
  const { blocks } = await messageOf(sampleBatchMessage([], ['a'.repeat(200)]));
  assert.deepEqual([blocks[0]?.type, blocks[0]?.text?.text], ['section', `${'a'.repeat(200)}: 0 changes`]);
});

test('lists as many images as fit and counts the others', async () => {
  const images = Array.from({ length: 100 }, (_, i) =>
    hit([`registry.example.org/${'team/'.repeat(30)}${i}`]),
  );
  for (const hasMoreImages of [false, true]) {
    const notification = sampleChangeMessage({ images, hasMoreImages });
    const message = await messageOf(notification);
    assertAccepted(message);
    assert.ok(sizeOf(message.blocks) > slackBlocksBytes - 400, `${sizeOf(message.blocks)}`);
    const texts = await shownOf(notification);
    const rows = texts.join('\n').match(/^- /gm) ?? [];
    const more = hasMoreImages ? 'and more than' : 'and';
    assert.equal(texts.at(-1), `${more} ${100 - rows.length} more images`);
  }
});

test('stays within the limits of Slack whatever a notification contains', async () => {
  const long = fc
    .tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.integer({ min: 1, max: 400 }))
    .map(([text, times]) => text.repeat(times));
  const worst = fc.oneof(
    long,
    fc.constantFrom('"', '<', '&', 'ä', '€', '\ud800', '😀').map((text) => text.repeat(2000)),
    fc.constantFrom('&', '|', '<').map((text) => `https://a.example/?${text.repeat(150)}`),
  );
  await fc.assert(
    fc.asyncProperty(worst, worst, fc.nat(150), async (one, other, count) => {
      for (const notification of floodedMessages({ one, other, count }))
        assertAccepted(await messageOf(notification));
    }),
    { numRuns: 100 },
  );
});
