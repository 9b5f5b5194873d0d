import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type RedHatFix, redHat } from '../../examples/make-database.ts';
import { findDatabase } from '../../src/advisory-db/layout.ts';
import type { Explanation } from '../../src/model/explanation.ts';
import { serveLayout } from '../../src/testing/published-layout.ts';
import { clair, clairBeside, type Run } from './clair.ts';
import { databases, type ListedPackage, writeSystem } from './listed-system.ts';
import { done, epoch, place, writeMirror } from './publication.ts';

const mirror = join(place, 'Red Hat');
const vendors = join(place, 'Red Hat.db');
const published = join(place, 'published of Red Hat');
const system = join(place, 'a system of Red Hat');
const sources = ['rhel', 'nvd'];

writeMirror(mirror, redHat);
done(clair(['db', 'update', ...sources, '--mirror', mirror, '--db', vendors]));
done(clair(['db', 'build', published, '--db', vendors]));
const rpm = (name: string, version: string): ListedPackage => ({
  name,
  version,
  arch: 'x86_64',
  sourceRpm: `${name}-${version}.src.rpm`,
});
writeSystem(
  system,
  { ID: 'rhel', VERSION_ID: '9.4' },
  databases.rpm([rpm('xz', '5.2.5-8.el9_0'), rpm('openssh-server', '8.7p1-34.el9')]),
);

/** The only statement that a package is not affected. */
const cleared = 'CVE-2024-3094';

function fromVendors(args: readonly string[]): Run {
  return clair([...args, '--offline', '--db', vendors], epoch);
}

test('fetches the statements that packages are not affected for explanations, and not for scans', async (t) => {
  const server = await serveLayout(t, published);
  const { digest, catalogue } = findDatabase(published) ?? assert.fail();
  const run = async (...args: string[]): Promise<Run> =>
    await clairBeside([...args, '--db', join(place, 'beside.db'), '--from', `${server.url}@${digest}`], {
      ...epoch,
      XDG_CACHE_HOME: join(place, 'cache of Red Hat'),
    });
  const { 'rhel:9': main, 'rhel:9/cleared': apart } = catalogue.shards;
  assert.ok(main !== undefined && apart !== undefined);
  const isFetched = ({ blob }: typeof main): boolean =>
    server.requests.some(({ path }) => path.endsWith(blob.digest.slice('sha256:'.length)));

  const scan = ['scan', `dir:${system}`, '--no-lookups', '--format', 'json'];
  assert.equal(done(await run(...scan)), done(fromVendors(scan)));
  assert.deepEqual([isFetched(main), isFetched(apart)], [true, false]);

  for (const id of [cleared, 'CVE-2024-6387', 'CVE-1999-0001']) {
    const explain = ['explain', `dir:${system}`, id, '--no-lookups', '--format', 'json'];
    assert.equal(done(await run(...explain)), done(fromVendors(explain)));
  }
  assert.ok(isFetched(apart));
});

test('explains that the vendor clears a package', () => {
  const explain = ['explain', `dir:${system}`, cleared, 'xz', '--format', 'json'];
  const { packages } = JSON.parse(done(fromVendors(explain))) as Explanation;
  assert.deepEqual(
    packages.map(({ outcome, reason, rows }) => [outcome, reason, rows.length]),
    [['not-reported', 'it says that the package is not affected', 1]],
  );
});

test('knows a vulnerability that affects no package', () => {
  const database = join(place, 'affected of Red Hat.db');
  const from = ['--db', database, '--from', published];
  done(clair(['scan', `dir:${system}`, '--offline', ...from]));
  const affected = clair(['affected', cleared, ...from]);
  assert.match(done(affected), /affects no image in the database/);
  assert.equal(clair(['affected', 'CVE-1999-0001', ...from]).status, 2);
});

test('lists, fetches and verifies both files of a namespace', () => {
  const env = { XDG_CACHE_HOME: join(place, 'cache of both') };
  const from = ['--from', published, '--db', join(place, 'both.db')];
  const status = done(clair(['db', 'status', ...from], env));
  assert.match(status, /^rhel:9 +2 /m);
  assert.match(status, /^rhel:9\/cleared +1 /m);
  assert.match(done(clair(['db', 'fetch', 'rhel:9', ...from], env)), /^1 namespace is in the cache/);
  assert.match(done(clair(['db', 'fetch', ...from], env)), /^2 namespaces are in the cache/);
  assert.match(done(clair(['db', 'verify', published])), /^2 of 2 namespaces are sound/m);
});

test('gives a database all statements, as from the vendor', () => {
  const database = join(place, 'taken over from Red Hat.db');
  done(clair(['db', 'update', ...sources, '--mirror', mirror, '--db', database]));
  const taken = done(clair(['db', 'update', ...sources, '--from', published, '--db', database]));
  assert.doesNotMatch(taken, /[1-9]\d* (?:new|changed|gone)/);
  const empty = join(place, 'only from shards.db');
  done(clair(['db', 'update', ...sources, '--from', published, '--db', empty]));
  const explain = ['explain', `dir:${system}`, cleared, '--format', 'json'];
  // Each database knows a record since its own load.
  const explained = (run: Run): string => done(run).replaceAll(/"knownSince": "[^"]+"/g, '');
  const own = clair([...explain, '--offline', '--db', empty], epoch);
  assert.equal(explained(own), explained(fromVendors(explain)));
});

/** A fix that is not in the first version. */
const fix: RedHatFix = {
  cve: 'CVE-2023-38545',
  advisory: 'RHSA-2023:5763',
  severity: 'Important',
  version: '7.76.1-23.el9_2.4',
  packages: ['curl', 'libcurl'],
};

test('publishes neither file of a namespace if one looks wrong', () => {
  const [directory, database] = [join(place, 'shrinking Red Hat'), join(place, 'shrinking Red Hat.db')];
  const build = (): Run => {
    done(clair(['db', 'update', 'rhel', '--mirror', directory, '--db', database]));
    return clair(['db', 'build', `${directory}.oci`, '--db', database]);
  };
  writeMirror(directory, redHat);
  done(build());
  const before = findDatabase(`${directory}.oci`)?.catalogue.shards;
  writeMirror(directory, [...redHat, fix], []);
  const refused = build();
  assert.equal(refused.status, 3);
  assert.match(refused.stdout, /^rhel:9\/cleared was not published: it has no records$/m);
  assert.match(refused.stdout, /^rhel:9 was not published: rhel:9\/cleared was not published$/m);
  assert.deepEqual(findDatabase(`${directory}.oci`)?.catalogue.shards, before);
});

test('gives a database the changes of either file', () => {
  const [changing, database] = [join(place, 'changing Red Hat'), join(place, 'changed.db')];
  const update = (fixes: readonly RedHatFix[]): string => {
    writeMirror(changing, fixes);
    done(
      clair(['db', 'update', ...sources, '--accept-shrunk', '--mirror', changing, '--db', `${changing}.db`]),
    );
    done(clair(['db', 'build', `${changing}.oci`, '--db', `${changing}.db`]));
    const env = { XDG_CACHE_HOME: join(place, 'cache of changes') };
    return done(
      clair(['db', 'update', 'rhel', '--verbose', '--from', `${changing}.oci`, '--db', database], env),
    );
  };
  assert.match(update(redHat), /^rhel vex +updated: 3 new/m);
  assert.match(update([...redHat, fix]), /^rhel vex +updated: 1 new$/m);
  // A withdrawn document is gone from the file that had it.
  assert.match(update(redHat), /^rhel vex +updated: 0 new, 0 changed, 1 gone/m);
});

test('keeps both files when nothing has changed', () => {
  const again = done(clair(['db', 'build', published, '--db', vendors]));
  assert.match(again, /version 2, 2 namespaces \(0 new, 0 changed, 2 as before, 0 refused\)/);
});
