import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Vulnerability } from '../model/vulnerability.ts';
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
import { escapedSizeOf, teamsCardBytes, teamsMessage } from './teams-card.ts';

const { name, createdAt } = sampleNotification;

function affected(name: string, fix: NotificationImage['fix']): Vulnerability['affected'][number] {
  return { namespace: { name: 'debian:12', versionScheme: 'dpkg' }, package: name, range: {}, fix };
}

function hit(names: string[]): NotificationImage {
  const packages = [installedDeb('openssl', '3.0.14'), installedDeb('libssl3', '3.0.14')];
  return { identity: 'sha256:00', names, packages, fix: { state: 'fixed', version: '3.0.15' } };
}

interface Card {
  readonly body: readonly Readonly<Record<string, unknown>>[];
  readonly actions?: readonly unknown[];
}

/** Returns the only card of a message. */
async function cardOf(notification: NotificationMessage): Promise<Card> {
  const { attachments } = (await teamsMessage(notification)) as { attachments: { content: Card }[] };
  assert.equal(attachments.length, 1);
  return attachments[0]?.content ?? assert.fail();
}

async function textsOf(notification: NotificationMessage): Promise<unknown[]> {
  const { body } = await cardOf(notification);
  return body.flatMap(({ text }) => (text === undefined ? [] : [text]));
}

test('renders a message as an Adaptive Card for Workflows', async () => {
  const link = 'https://security-tracker.debian.org/tracker/CVE-2026-1';
  const text = (line: string, look: object) => ({ type: 'TextBlock', text: line, wrap: true, ...look });
  assert.deepEqual(await teamsMessage(sampleNotification), {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.2',
          msteams: { width: 'Full' },
          body: [
            text('New: CVE-2026-1 (High) in debian:12', {
              weight: 'Bolder',
              size: 'Medium',
              color: 'attention',
            }),
            text('A buffer is read past its end.', {}),
            {
              type: 'FactSet',
              facts: [
                { title: 'Source', value: 'debian' },
                { title: 'Severity', value: 'High' },
                { title: 'Packages', value: 'openssl fixed in 3.0.15-1\\~deb12u1' },
              ],
            },
            text('- shop: fixed in 3.0.15-1\\~deb12u1', { spacing: 'Small' }),
            text(`Notification ${name}, ${createdAt}`, { isSubtle: true, size: 'Small' }),
          ],
          actions: [{ type: 'Action.OpenUrl', title: 'Advisory', url: link }],
        },
      },
    ],
  });
});

test('shows the values before and after a change and the affected images', async () => {
  const notification = sampleChangeMessage({
    kind: 'changed',
    old: plainVulnerability({ severity: 'Medium', affected: [affected('openssl', { state: 'unfixed' })] }),
    new: plainVulnerability({
      affected: [
        affected('openssl', { state: 'fixed', version: '3.0.15' }),
        { ...affected('openssl', { state: 'end-of-life' }), severity: 'Critical' },
        ...['a', 'b', 'c', 'd', 'e'].map((one) => affected(one, { state: 'will-not-fix' })),
      ],
    }),
    images: [hit(['shop', 'shop:2']), hit([])],
    hasMoreImages: true,
  });
  const { body, actions } = await cardOf(notification);
  assert.deepEqual(body[1]?.['facts'], [
    { title: 'Source', value: 'debian' },
    { title: 'Severity', value: 'Medium → Critical' },
    {
      title: 'Packages',
      value:
        'openssl unfixed → fixed in 3.0.15 or end of life, a will not fix, b will not fix, c will not fix, d will not fix, and 1 more',
    },
  ]);
  assert.deepEqual((await textsOf(notification)).slice(1, -1), [
    '- shop, shop:2: openssl 3.0.14, libssl3 3.0.14 (fixed in 3.0.15)',
    '- sha256:00: openssl 3.0.14, libssl3 3.0.14 (fixed in 3.0.15)',
    'and more images',
  ]);
  assert.equal(actions, undefined);
});

test('shows the last state of an advisory when it is withdrawn', async () => {
  const notification = sampleChangeMessage({
    kind: 'withdrawn',
    old: plainVulnerability({}),
    new: null,
    namespace: null,
  });
  const [{ text, color } = assert.fail()] = (await cardOf(notification)).body;
  assert.deepEqual([text, color], ['Withdrawn: CVE-2026-1 (High)', 'good']);
  assert.ok((await textsOf(notification)).includes('No known image is affected.'));
});

test('lists the most severe change of a batch first', async () => {
  const notification = sampleBatchMessage([
    newInBatch('A', 'Low'),
    newInBatch('B', 'Critical'),
    newInBatch('C', 'Medium'),
  ]);
  assert.deepEqual((await textsOf(notification)).slice(0, -1), [
    'shop: 3 changes',
    'New: B (Critical) in debian:12: curl 7 (unfixed)',
    'New: C (Medium) in debian:12: curl 7 (unfixed)',
    'New: A (Low) in debian:12: curl 7 (unfixed)',
  ]);
  assert.deepEqual((await textsOf(sampleBatchMessage([]))).slice(0, -1), ['shop: 0 changes']);
});

test('escapes Markdown in untrusted text and drops links that are not http or https', async () => {
  const description =
    '[free](https://evil.example) **bold**\n\n{{DATE(2026-01-01T00:00:00Z)}} a_b \u202e<at>';
  const links = [
    'javascript:alert(1)',
    'nonsense',
    `https://long.example/${'a'.repeat(600)}`,
    'http://a.example',
  ];
  const notification = sampleChangeMessage({ new: plainVulnerability({ description, links }) });
  const [, text] = await textsOf(notification);
  assert.equal(
    text,
    '\\[free\\](https://evil.example) \\*\\*bold\\*\\* \\{\\{DATE(2026-01-01T00:00:00Z)\\}\\} a\\_b \\<at\\>',
  );
  assert.deepEqual((await cardOf(notification)).actions, [
    { type: 'Action.OpenUrl', title: 'Advisory', url: 'http://a.example/' },
  ]);
});

test('lists as many images as fit and counts the others', async () => {
  const images = Array.from({ length: 100 }, (_, i) =>
    hit([`registry.example.org/${'team/'.repeat(40)}${i}`]),
  );
  for (const hasMoreImages of [false, true]) {
    const notification = sampleChangeMessage({ images, hasMoreImages });
    const size = escapedSizeOf(await teamsMessage(notification));
    assert.ok(size <= teamsCardBytes && size > teamsCardBytes - 1024, `${size}`);
    const texts = await textsOf(notification);
    const rows = texts.filter((text) => String(text).startsWith('- '));
    const more = hasMoreImages ? 'and more than' : 'and';
    assert.equal(texts.at(-2), `${more} ${100 - rows.length} more images`);
  }
});

test('measures a card as ASCII text within JSON', () => {
  assert.equal(escapedSizeOf({ a: 'ä"' }), String.raw`"{\"a\":\"\\u00e4\\\"\"}"`.length);
});

test('stays within the limit of Teams whatever a notification contains', async () => {
  const long = fc
    .tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.integer({ min: 1, max: 400 }))
    .map(([text, times]) => text.repeat(times));
  const worst = fc.oneof(
    long,
    fc.constantFrom('"', '\\', '_', 'ä', '\ud800', '😀').map((text) => text.repeat(2000)),
  );
  await fc.assert(
    fc.asyncProperty(worst, worst, fc.nat(150), async (one, other, count) => {
      for (const notification of floodedMessages({ one, other, count }))
        assert.ok(escapedSizeOf(await teamsMessage(notification)) <= teamsCardBytes);
    }),
    { numRuns: 100 },
  );
});
