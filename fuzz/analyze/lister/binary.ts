import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const texts: Readonly<Record<string, string>> = {
  'usr/local/bin/node': 'a\0node.js/v16.20.0\0\xff',
  'usr/local/lib/libpython3.12.so.1.0': '\x003.12.1\0\xff\x003.12.1rc1\0\xff',
  'usr/sbin/nginx': '\0nginx version: nginx/1.22.1\0\xffnginx version: openresty/1.25.3.1\0',
  'opt/libcrypto.so.3': '\0OpenSSL 3.0.13 30 Jan 2024\0\xff\0OpenSSL 1.1.1w  11 Sep 2023\0\xff',
  'opt/lib/server/libjvm.so':
    'OpenJDK 64-Bit Server VM (17.0.9+9-Debian-1) for linux-amd64 JRE (17.0.9+9-Debian-1), built on\xff',
};

const seeds = (): Input[] =>
  Object.entries(texts).map(([path, text]) =>
    files({ [`${path}/version-texts`]: Buffer.from(text, 'latin1') }),
  );

const ownWords = words('\0', '\xff', '-', '+', '1.', ' JRE (', 'OpenSSL ', 'node.js/v', ' (', ' 2024', 'rc1');

/** Texts in programs that state a version. */
export const targets: ListerTargets = { binary: { seeds, mutations: [...textMutations, ownWords] } };
