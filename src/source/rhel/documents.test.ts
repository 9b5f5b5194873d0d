import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedClient, FetchResult } from '../../plugin/index.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { openDocuments } from './documents.ts';

const base = 'https://security.access.redhat.com/data/csaf/v2/vex/';

/** Serves files, each with its length as a fingerprint. */
function server(files: Readonly<Record<string, string>>): FeedClient & { readonly requests: string[] } {
  const requests: string[] = [];
  return {
    requests,
    get(url, lastFingerprint) {
      const path = url.replace(base, '');
      requests.push(path);
      const content = files[path];
      if (content === undefined) return Promise.resolve('absent');
      const fingerprint = `${content.length}`;
      if (lastFingerprint === fingerprint) return Promise.resolve('unchanged');
      return Promise.resolve({ url, body: inChunks(Buffer.from(content)), fingerprint });
    },
  };
}

async function textOf(result: FetchResult): Promise<string> {
  assert.ok(typeof result === 'object');
  return Buffer.concat(await collectAll(result.body)).toString();
}

const files = {
  'archive_latest.txt': 'csaf_vex_2024-05-01.tar.zst\n',
  'csaf_vex_2024-05-01.tar.zst': 'the archive',
  'changes.csv':
    '"2024/cve-2024-0003.json","2024-05-03T00:00:00+00:00"\n"2024/cve-2024-0002.json","2024-05-02T00:00:00+02:00"\n"2024/cve-2024-0001.json","2024-04-01T00:00:00+00:00"\n',
  'deletions.csv': '"2024/cve-2024-0002.json","2024-05-04T00:00:00+00:00"\n',
  '2024/cve-2024-0003.json': '{"three":3}',
};

test('opens the archive first, then the changes since, then nothing', async () => {
  const client = server(files);
  const first = await openDocuments(client);
  assert.equal(await textOf(first), 'the archive');
  assert.ok(typeof first === 'object' && first.extent === undefined);
  const second = await openDocuments(client, first.fingerprint);
  assert.equal(
    await textOf(second),
    '{"2024/cve-2024-0003.json":{"three":3},"2024/cve-2024-0002.json":null}',
  );
  assert.ok(typeof second === 'object' && second.extent === 'changes');
  client.requests.length = 0;
  assert.equal(await openDocuments(client, second.fingerprint), 'unchanged');
  assert.deepEqual(client.requests, ['changes.csv', 'deletions.csv']);
});

test('loses no change while the list is ahead of the files', async () => {
  const first = await openDocuments(server(files));
  assert.ok(typeof first === 'object');
  const late = {
    ...files,
    'changes.csv': '"2024/cve-2024-0009.json","2024-04-30T20:00:00Z"\n',
    '2024/cve-2024-0009.json': '{}',
    'deletions.csv': '',
  };
  assert.equal(
    await textOf(await openDocuments(server(late), first.fingerprint)),
    '{"2024/cve-2024-0009.json":{}}',
  );
});

test('opens a newer archive when there are very many changes', async () => {
  const first = await openDocuments(server(files));
  assert.ok(typeof first === 'object');
  const many = Array.from(
    { length: 2500 },
    (_, n) => `"2024/cve-2024-${10_000 + n}.json","2024-06-02T00:00:00Z"`,
  ).join('\n');
  const newer = {
    ...files,
    'changes.csv': many,
    'archive_latest.txt': 'csaf_vex_2024-06-01.tar.zst',
    'csaf_vex_2024-06-01.tar.zst': 'newer',
  };
  const answer = await openDocuments(server(newer), first.fingerprint);
  assert.equal(await textOf(answer), 'newer');
  assert.ok(typeof answer === 'object' && answer.extent === undefined);
});

test('opens the archive for a fingerprint of another client, and reports a missing archive as absent', async () => {
  for (const mark of ['', '5 6 7', '{}', '{"until":"x","changes":"1"}', 'null']) {
    assert.equal(await textOf(await openDocuments(server(files), mark)), 'the archive');
  }
  assert.equal(await openDocuments(server({})), 'absent');
});

test('refuses invalid lists', async () => {
  await assert.rejects(openDocuments(server({ ...files, 'archive_latest.txt': '<html>' })), {
    code: 'feed-corrupt',
    message: `${base}archive_latest.txt is damaged: it names no archive. Try again later, or check the mirror.`,
  });
  const first = await openDocuments(server(files));
  assert.ok(typeof first === 'object');
  for (const line of ['<html>', '"../x.json","2024-05-03T00:00:00Z"', '"2024/cve-2024-0001.json","soon"']) {
    await assert.rejects(openDocuments(server({ ...files, 'changes.csv': line }), first.fingerprint), {
      code: 'feed-corrupt',
      message: /changes\.csv is damaged: line 1 is neither a document nor a time/,
    });
  }
});
