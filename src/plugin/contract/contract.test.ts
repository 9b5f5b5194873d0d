import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { plugin as advisories } from '../../../examples/plugins/acme-advisories.ts';
import { plugin as chat } from '../../../examples/plugins/acme-chat.ts';
import { plugin as lister } from '../../../examples/plugins/acme-lister.ts';
import { plugin as os } from '../../../examples/plugins/acme-os.ts';
import { dpkg } from '../../version/dpkg.ts';
import type { FeedRecord } from '../advisory-source.ts';
import type { ListerEvent } from '../package-lister.ts';
import { checkDetector, checkLister, checkScheme, checkSource, checkTransport } from './index.ts';

const acme = readFileSync(new URL('../../../examples/plugins/acme-advisories.json', import.meta.url));

test('acme-lister passes the contract check of a lister', () => {
  for (const one of lister.listers ?? [])
    checkLister(one, [
      {
        files: { 'etc/acme/packages.txt': '# Acme\nrocket 1.9.0\n\nanvil 3.0.0 extra\nodd\n' },
        packages: ['rocket 1.9.0', 'anvil 3.0.0'],
        problems: 1,
      },
    ]);
});

test('acme-os passes the contract check of a detector', () => {
  const distro = { id: 'acme', versionId: '7', prettyName: 'Acme OS 7', like: ['debian'] };
  for (const one of os.detectors ?? [])
    checkDetector(one, [
      { files: { 'etc/acme-release': 'Acme OS release 7.2\n' }, distro },
      { files: { 'etc/acme-release': 'Other OS release 7.2\n' }, distro: undefined },
    ]);
});

test('acme-advisories passes the contract check of a source', async () => {
  for (const one of advisories.sources ?? [])
    await checkSource(one, { feed: 'advisories', content: acme, ids: ['CVE-2026-1000'], namespace: 'acme' });
});

test('acme-chat posts to a chat and passes the contract check, and throws when the chat refuses', async (t) => {
  const posted: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      posted.push(body);
      response.statusCode = posted.length > 1 ? 500 : 200;
      response.end();
    });
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  process.env['ACME_CHAT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const one of chat.transports ?? []) await checkTransport(one);
  assert.deepEqual(posted, [JSON.stringify({ text: 'new: CVE-2026-1 (High) in debian:12: in shop' })]);
});

test('the contract checks name the violation when an extension breaks its contract', async () => {
  const [one] = lister.listers ?? [];
  assert.ok(one);
  const sample = { files: { 'etc/acme/packages.txt': 'rocket 1.9.0\n' }, packages: ['rocket 1.9.0'] };
  const assertViolation = (broken: Partial<typeof one>, message: RegExp): void => {
    assert.throws(() => {
      checkLister({ ...one, ...broken }, [sample]);
    }, message);
  };
  let calls = 0;
  assertViolation({ wants: ['etc/other'] }, /no pattern of `wants` matches/);
  assertViolation({ list: () => [] }, /the packages of the sample/);
  assertViolation(
    {
      *list(files) {
        yield* one.list(files);
        if (++calls > 1) yield { kind: 'problem', path: 'etc/acme/packages.txt', problem: 'tired' };
      },
    },
    /the same files must give the same list/,
  );
  assertViolation(
    {
      *list(files) {
        if (files.get('etc/acme/packages.txt')?.length === 0) throw new Error('too short');
        yield* one.list(files);
      },
    },
    /too short/,
  );
  checkScheme(dpkg, [['1.0~rc1-1'], ['1.0-1', '1.00-1'], ['1:0.1-1']]);
  assert.throws(() => {
    checkScheme(dpkg, [['1.0-1'], ['1.0~rc1-1']]);
  }, /1\.0-1 and 1\.0~rc1-1/);
  const [source] = advisories.sources ?? [];
  assert.ok(source);
  await assert.rejects(
    checkSource(source, { feed: 'advisories', content: '[]', ids: ['CVE-1'], namespace: 'acme' }),
    /the vulnerabilities of the sample/,
  );
  await assert.rejects(
    checkTransport({ name: 'careless', deliver: () => Promise.resolve() }),
    /must reject when the signal is aborted/,
  );
});

test('the contract checks name an item or record when it has no kind', async () => {
  const [one] = lister.listers ?? [];
  const [source] = advisories.sources ?? [];
  assert.ok(one && source);
  const kindless: typeof one = {
    ...one,
    *list() {
      yield JSON.parse('{ "path": "etc/acme/packages.txt" }') as ListerEvent;
    },
  };
  const files = { 'etc/acme/packages.txt': 'rocket 1.9.0\n' };
  assert.throws(() => {
    checkLister(kindless, [{ files, packages: ['rocket 1.9.0'] }]);
  }, /the list has an item of the kind undefined; use one of package, problem/);
  const kindlessSource: typeof source = {
    ...source,
    async *parse(...given) {
      for await (const { kind, ...record } of source.parse(...given)) yield record as FeedRecord;
    },
  };
  await assert.rejects(
    checkSource(kindlessSource, {
      feed: 'advisories',
      content: acme,
      ids: ['CVE-2026-1000'],
      namespace: 'acme',
    }),
    /the record CVE-2026-1000 rocket has the kind undefined; use one of vulnerability, skipped, withdrawn/,
  );
});
