import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import { clair, inCheckout, scratch } from './clair.ts';

interface Secdb {
  readonly packages: readonly {
    readonly pkg: { readonly name: string; readonly secfixes: Readonly<Record<string, readonly string[]>> };
  }[];
}

/** Writes the same feed as another program might: with another order and other white space. */
function rewritten(text: string): string {
  const { packages, ...rest } = JSON.parse(text) as Secdb;
  const turned = packages.toReversed().map(({ pkg: { name, secfixes } }) => ({
    pkg: {
      secfixes: Object.fromEntries(
        Object.entries(secfixes)
          .toReversed()
          .map(([version, ids]) => [version, ids.toReversed()]),
      ),
      name,
    },
  }));
  return JSON.stringify({ packages: turned, ...rest }, undefined, 1).replaceAll('CVE', '\\u0043VE');
}

test('creates no events on the first load or when a feed is only serialized differently', async () => {
  const [mirror, db] = [join(scratch, 'rewritten'), join(scratch, 'rewritten.db')];
  cpSync(inCheckout('examples/mirror'), mirror, { recursive: true });
  const update = (): string => {
    const run = clair(['db', 'update', 'alpine', '--mirror', mirror, '--db', db]);
    assert.equal(run.status, 0, run.stderr);
    return run.stderr + run.stdout;
  };
  const events = async (): Promise<string[]> => {
    await using store = await openSqliteStore(db);
    while ((await store.notifications.createFromEvents(100)) > 0);
    const changes = (await store.events.findAfter(0, 100)).map(({ kind, id, changed }) =>
      [kind, id, ...changed].join(' '),
    );
    assert.equal((await store.notifications.findDue(100)).length, changes.length);
    return changes;
  };
  update();
  assert.deepEqual(await events(), []);
  const file = join(mirror, 'secdb.alpinelinux.org/v3.20/main.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, rewritten(text));
  assert.match(update(), /^alpine .* 1 updated$/m, 'its bytes are others');
  assert.deepEqual(await events(), []);
  writeFileSync(file, rewritten(text.replace('"3.3.2-r0": [', '"3.3.2-r9": [')));
  update();
  assert.deepEqual(await events(), ['changed CVE-2024-6119 fix range']);
});
