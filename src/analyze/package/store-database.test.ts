import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLister } from '../../plugin/contract/index.ts';
import { storeDatabase, writeStoreDatabase } from '../../testing/store-writer.ts';
import { guixLister, nixLister } from './store-database.ts';

const names = [
  ...[
    'openssl-3.0.8',
    'openssl-3.0.8-bin',
    'openssl-3.0.8-dev',
    'glibc-2.38-44',
    'python3.11-requests-2.31.0',
  ],
  ...[
    'bash-interactive-5.2-p15',
    'nss-cacert-3.92',
    'perl5.38.2-Encode-Locale-1.05',
    'source',
    'user-environment',
  ],
  ...['openssl-3.0.8.drv', 'curl-8.5.0.tar.xz', 'CVE-2023-1.patch', 'builder.sh', '2048-game'],
];

test('nix: lists the packages of its database once, and neither sources nor scripts', () => {
  checkLister(nixLister, [
    {
      files: { 'nix/var/nix/db/db.sqlite': storeDatabase('/nix/store', names) },
      packages: [
        ...['openssl 3.0.8', 'glibc 2.38-44', 'python3.11-requests 2.31.0', 'bash-interactive 5.2-p15'],
        ...['nss-cacert 3.92', 'perl5.38.2-Encode-Locale 1.05'],
      ],
    },
  ]);
});

test('guix: lists the packages of its store only', () => {
  const file = storeDatabase('/gnu/store', ['hello-2.12.1', 'guile-3.0.9']);
  const other = storeDatabase('/nix/store', ['hello-2.12.1']);
  checkLister(guixLister, [
    { files: { 'var/guix/db/db.sqlite': file }, packages: ['hello 2.12.1', 'guile 3.0.9'] },
    { files: { 'var/guix/db/db.sqlite': other }, packages: [] },
  ]);
});

test('nix: reads the write-ahead log, and reports a log or a file without a database', () => {
  const { file, log } = writeStoreDatabase('/nix/store', ['hello-2.12.1'], 'wal');
  const path = 'nix/var/nix/db/db.sqlite';
  assert.ok(log !== undefined);
  const list = (files: Readonly<Record<string, Uint8Array>>): string[] =>
    [...nixLister.list(new Map(Object.entries(files)))].map((event) =>
      event.kind === 'package' ? event.package.name : event.kind,
    );
  assert.deepEqual(list({ [path]: file, [`${path}-wal`]: log }), ['read-with', 'hello']);
  const whole = storeDatabase('/nix/store', ['hello-2.12.1']);
  assert.deepEqual(list({ [path]: whole, [`${path}-wal`]: Buffer.alloc(0) }), ['hello']);
  assert.deepEqual(list({ [`${path}-wal`]: log }), ['problem']);
  assert.deepEqual(list({ [path]: Buffer.from('no database') }), ['problem']);
  assert.deepEqual(list({}), []);
});
