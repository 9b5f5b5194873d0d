import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretString, string } from '../core/setting.ts';
import { configReference } from './config-reference.ts';
import { settingsWith } from './settings.ts';

const settings = settingsWith({
  transports: [
    { name: 'pager', settings: { number: string('Number to call.'), pin: secretString('The key.') } },
  ],
});
const reference = configReference(settings);

test('writes a heading and a section for each block', () => {
  assert.match(reference, /^# Configuration\n\n\S/);
  assert.deepEqual(
    Array.from(reference.matchAll(/^## (.*)$/gm), ([, block]) => block),
    [
      ...[
        'database',
        'api',
        'api.session',
        'api.oidc',
        '`api.oidc.grants.<name>`',
        'api.v4',
        'api.harbor',
        'worker',
        'worker.sources',
        'images',
        '`images.credentials.<name>`',
        'extracts',
        '`registries.<name>`',
        'cell',
        '`cells.<name>`',
        'updater',
        '`updater.sources.<name>`',
      ],
      ...['notifier', 'notifier.pager', '`upgrades.weights.<name>`', 'roles', 'plugins', 'log', 'tracing'],
    ],
  );
});

test('describes each block, and calls only blocks of the notifier a transport', () => {
  const sections = reference.split(/^## /m).slice(1);
  const transports = sections.filter((section) => section.includes('\n\nA transport of notifications.\n'));
  assert.deepEqual(
    transports.map((section) => section.split('\n', 1)[0]),
    ['notifier.pager'],
  );
  assert.throws(
    () => configReference({ unnamed: { one: string('A number.') } }),
    /unnamed of settings has no/,
  );
});

test('lists every setting with its variable below it, in three columns', () => {
  const rows = [
    '| `updater.sources.<name>.interval`<br>`CLAIR_UPDATER_SOURCES_<NAME>_INTERVAL` | Interval between',
    '| `api.timeout`<br>`CLAIR_API_TIMEOUT` | Time limit of a request; afterwards the response is 503. The server finishes reading a posted layer, so a retry finds it. | duration<br>default `15m` |\n',
    '| `notifier.pager.number`<br>`CLAIR_NOTIFIER_PAGER_NUMBER` | Number to call. | text |\n',
    '| `notifier.pager.pin`<br>`CLAIR_NOTIFIER_PAGER_PIN` | The key. | text<br>secret |\n',
  ];
  for (const row of rows) assert.ok(reference.includes(row), row);
  const columns = Array.from(reference.matchAll(/^\|.*\|$/gm), ([row]) => row.split(/(?<!\\)\|/).length - 2);
  assert.deepEqual(new Set(columns), new Set([3]));
});
