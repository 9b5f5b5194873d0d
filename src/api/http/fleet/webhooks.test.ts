import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { limits } from '../../../core/limits.ts';
import { type ApiRequest, WireError } from '../route.ts';
import { namesInNotification } from './webhook-forms.ts';
import { knowsSecret } from './webhook-secret.ts';
import { postWebhookRoute, type WebhookDeps, WebhookRate } from './webhooks.ts';

const secret = 'a-secret-of-this-test';
const digest = `sha256:${'a'.repeat(64)}`;

test('reads the forms of Distribution, Harbor, Quay and Docker Hub', () => {
  for (const [body, names] of [
    [
      // CNCF Distribution, "Envelope".
      {
        events: [
          { id: '1', action: 'push', target: { mediaType: 'm', digest, repository: 'shop/web', tag: '1' } },
          { id: '2', action: 'push', target: { mediaType: 'm', digest, repository: 'shop/web' } },
          { id: '3', action: 'pull', target: { digest, repository: 'shop/web', tag: '2' } },
          { id: '4', action: 'delete', target: { digest, repository: 'shop/web' } },
        ],
      },
      [
        { repository: 'shop/web', tag: '1', pushed: digest },
        { repository: 'shop/web', digest },
      ],
    ],
    [
      // Harbor, "Configure Webhook Notifications", payload of PUSH_ARTIFACT.
      {
        type: 'PUSH_ARTIFACT',
        occur_at: 1_582_640_688,
        operator: 'harbor-jobservice',
        event_data: {
          resources: [{ digest, tag: 'latest', resource_url: 'hub.harbor.com/test-webhook/debian:latest' }],
          repository: { name: 'debian', namespace: 'test-webhook', repo_full_name: 'test-webhook/debian' },
        },
      },
      [{ repository: 'test-webhook/debian', tag: 'latest', pushed: digest }],
    ],
    [
      // Quay, "Repository Push".
      {
        name: 'repository',
        repository: 'mynamespace/repository',
        docker_url: 'quay.io/mynamespace/repository',
        updated_tags: ['latest', 'no tag'],
      },
      [{ repository: 'mynamespace/repository', tag: 'latest' }],
    ],
    [
      // Docker Hub, "Webhooks".
      {
        callback_url: 'https://registry.hub.docker.com/u/svendowideit/testhook/hook/2141b/',
        push_data: { pushed_at: 1_417_566_161, pusher: 'trustedbuilder', tag: 'latest' },
        repository: { name: 'testhook', namespace: 'svendowideit', repo_name: 'svendowideit/testhook' },
      },
      [{ repository: 'svendowideit/testhook', tag: 'latest' }],
    ],
    [{ events: [{ action: 'push', target: { repository: '../etc', tag: '1' } }] }, []],
    [{ hello: 1 }, undefined],
    [undefined, undefined],
  ] as const)
    assert.deepEqual(namesInNotification(body), names, JSON.stringify(body));
});

test('reads what Harbor deletes: tags, and artifacts without one', () => {
  const resources = [
    { digest, tag: 'latest' },
    { digest, tag: digest },
  ];
  const event = { resources, repository: { repo_full_name: 'shop/web' } };
  assert.deepEqual(namesInNotification({ type: 'DELETE_ARTIFACT', event_data: event }), [
    { repository: 'shop/web', tag: 'latest' },
    { repository: 'shop/web', digest },
  ]);
});

test('accepts the secret in a header, a signature or the URL, and nothing else', () => {
  const body = Buffer.from('{"a":1}');
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const basic = Buffer.from(`clair:${secret}`).toString('base64');
  for (const [headers, query, expected] of [
    [{ authorization: secret }, '', true],
    [{ authorization: `Bearer ${secret}` }, '', true],
    [{ authorization: `Basic ${basic}` }, '', true],
    [{ 'x-hub-signature-256': signature }, '', true],
    [{}, `secret=${secret}`, true],
    [{}, '', false],
    [{}, 'secret=', false],
    [{ authorization: `Bearer ${secret}x` }, '', false],
    [{ authorization: 'Bearer ' }, `secret=${secret}`, false],
    [{ 'x-hub-signature-256': signature.replace(/.$/, 'x') }, `secret=${secret}`, false],
    [{ 'x-signature-256': 'sha256=' }, '', false],
  ] as const)
    assert.equal(
      knowsSecret({ headers, query: new URLSearchParams(query) }, body, secret),
      expected,
      JSON.stringify([headers, query]),
    );
});

test('limits the notifications of each registry in a minute', () => {
  const rate = new WebhookRate();
  const at = (seconds: number): Date => new Date(seconds * 1000);
  for (let i = 0; i < limits.webhooksPerMinute; i++) assert.equal(rate.count('a', at(70)), undefined);
  assert.equal(rate.count('a', at(70)), 50);
  assert.equal(rate.count('b', at(70)), undefined);
  assert.equal(rate.count('a', at(121)), undefined);
});

test('only notifications that name a tag and have the secret use up the limit of a registry', async () => {
  const deps = {
    watched: [{ name: 'a', secret, repositories: [], exclude: [], tags: [], excludeTags: [] }],
    webhookRate: new WebhookRate(),
    now: () => new Date(70_000),
    noticedNames: { add: async () => true },
    announceWork: () => undefined,
  } as unknown as WebhookDeps;
  const post = async (authorization: string, action: string, tag?: string): Promise<number> => {
    const target = { mediaType: 'm', digest, repository: 'shop/web', tag };
    const request: Partial<ApiRequest> = {
      params: { registry: 'a' },
      headers: { authorization },
      query: new URLSearchParams(),
      body: async () => Buffer.from(JSON.stringify({ events: [{ id: '1', action, target }] })),
    };
    try {
      return (await postWebhookRoute(request as ApiRequest, deps)).status;
    } catch (error) {
      return error instanceof WireError ? error.status : assert.fail(String(error));
    }
  };
  const right = `Bearer ${secret}`;
  for (let i = 0; i <= limits.webhooksPerMinute; i++) {
    assert.equal(await post('Bearer wrong', 'push', '1'), 401);
    assert.equal(await post(right, 'push'), 202);
    assert.equal(await post(right, 'pull', '1'), 202);
  }
  for (let i = 0; i < limits.webhooksPerMinute; i++) assert.equal(await post(right, 'push', '1'), 202);
  assert.equal(await post(right, 'push', '1'), 429);
  assert.equal(await post(right, 'push'), 202);
});
