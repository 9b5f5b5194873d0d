import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { clair, scratch } from './clair.ts';
import { runServer } from './serve-process.ts';

const place = join(scratch, 'source-settings');

/** Writes a vendor's file into a mirror. */
function lay(mirror: string, path: string, content: object): void {
  const file = join(place, mirror, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
}

function secdb(reponame: string, distroversion?: string): object {
  const packages = [{ pkg: { name: 'xz', secfixes: { '5.4-r1': ['CVE-2024-0001'] } } }];
  return { ...(distroversion && { distroversion }), reponame, packages };
}

function config(sources: string): string {
  const file = join(place, 'config.yaml');
  writeFileSync(
    file,
    `clair:
  database: { type: sqlite, options: { path: ${join(place, 'clair.db')} } }
  api: { addr: "127.0.0.1:0", healthaddr: "127.0.0.1:0" }
  updater:
    interval: 1h
    mirror: ${join(place, 'common')}
    enabledupdaters: [alpine, wolfi, kev]
    sources:
${sources}`,
  );
  return file;
}

test('applies mirror, interval and feeds to one source and leaves the others unchanged', async (t) => {
  lay('common', 'secdb.alpinelinux.org/v3.20/main.json', secdb('main', 'v3.20'));
  lay('common', 'secdb.alpinelinux.org/v3.20/community.json', secdb('community', 'v3.20'));
  lay('common', 'www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json', {
    vulnerabilities: [{ cveID: 'CVE-2024-0001', dateAdded: '2024-01-01' }],
  });
  lay('own', 'packages.wolfi.dev/os/security.json', secdb('os'));
  const own = `      alpine: { feeds: [v3.20/main] }\n      kev: { interval: 0 }\n      wolfi: { mirror: ${join(place, 'own')} }\n`;
  const server = await runServer(t, ['serve', '--config', config(own), '--log-level', 'debug']);
  for (const source of ['alpine', 'wolfi']) await server.logged('feed updated', `"source":"${source}"`);
  assert.equal((await server.end()).status, 0);
  const status = clair(['db', 'status', '-v', '--db', join(place, 'clair.db')]).stdout;
  const loaded = Array.from(status.matchAll(/^(alpine|wolfi|kev) +(\S+) +/gm), ([, ...names]) =>
    names.join(' '),
  );
  assert.deepEqual(loaded, ['alpine v3.20/main', 'wolfi os'], status);
});

test('rejects settings of an unknown source and suggests a similar name', () => {
  mkdirSync(place, { recursive: true });
  const check = (sources: string) => clair(['config', 'check', '--config', config(sources)]);
  const wrong = check('      alpin: { interval: 1h }\n');
  assert.notEqual(wrong.status, 0);
  assert.match(wrong.stderr, /updater\.sources\.alpin: did you mean updater\.sources\.alpine\?/);
  assert.equal(check('      alpine: { interval: 1h }\n').status, 0);
});
