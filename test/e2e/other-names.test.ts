import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Explanation } from '../../src/model/explanation.ts';
import type { Report } from '../../src/model/report.ts';
import { clair, inCheckout, scratch } from './clair.ts';

const place = join(scratch, 'other-names');
const [mirror, db] = [join(place, 'mirror'), join(place, 'clair.db')];
const image = inCheckout('examples/image.tar');

/** A real id of EUVD and a CVE of the example, which in reality do not belong together. */
const listed = {
  cveId: 'CVE-2024-31228',
  euvdId: 'EUVD-2024-28745',
  dateAdded: '2025-07-14',
  sources: ['eukev_kev'],
};

test('a vulnerability has the ids of EUVD and GCVE, and is exploited when ENISA lists it', () => {
  cpSync(inCheckout('examples/mirror'), mirror, { recursive: true });
  const dump = join(mirror, 'euvdservices.enisa.europa.eu/api/kev/dump');
  mkdirSync(dirname(dump), { recursive: true });
  writeFileSync(dump, JSON.stringify([listed]));
  const updated = clair(['db', 'update', 'alpine', 'kev', 'euvd', '--mirror', mirror, '--db', db]);
  assert.match(updated.stdout, /^euvd +1 +1 +2025-07-14 /m, updated.stderr);

  const scan = (...options: string[]): ReturnType<typeof clair> =>
    clair(['scan', image, '--offline', '--db', db, ...options]);
  const ofRedis = (report: string): Report['matches'][number] | undefined =>
    (JSON.parse(report) as Report).matches.find(({ vulnerability: { id } }) => id === listed.cveId);
  const found = ofRedis(scan('--format', 'json').stdout)?.vulnerability;
  assert.ok(found);
  assert.deepEqual(found.aliases, ['EUVD-2024-28745']);
  assert.deepEqual(found.exploited, [{ source: 'euvd', date: '2025-07-14' }]);
  assert.equal(scan('--fail-on', 'kev').status, 1);

  for (const name of ['EUVD-2024-28745', 'euvd-2024-28745', 'GCVE-0-2024-31228', 'CVE-2024-31228']) {
    const explained = clair(['explain', image, name, '--offline', '--db', db, '--format', 'json']).stdout;
    const { id, packages } = JSON.parse(explained) as Explanation;
    assert.equal(id, listed.cveId, name);
    assert.deepEqual(
      packages.map(({ package: { name: of }, outcome }) => [of, outcome]),
      [['redis', 'reported']],
      name,
    );
    const rules = join(place, 'rules.yaml');
    writeFileSync(rules, `ignore:\n  - id: ${name}\n    reason: accepted\n`);
    const { stdout } = scan('--format', 'json', '--ignore', rules);
    assert.equal(ofRedis(stdout), undefined, name);
    assert.equal((JSON.parse(stdout) as Report).suppressed.at(-1)?.reason.includes('accepted'), true, name);
  }
  const unknown = clair(['explain', image, 'EUVD-2024-1', '--offline', '--db', db]).stdout;
  assert.match(unknown, /no loaded advisory has the name EUVD-2024-1/);
});
