import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Report } from '../../src/model/report.ts';
import { cveRecord, cvss31, recordPath } from '../../src/testing/cve-records.ts';
import { serveHttp } from '../../src/testing/http-server.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { clair, clairBeside, type Run, scratch } from './clair.ts';

const raw = 'raw.githubusercontent.com/CVEProject/cvelistV5/main/cves';
const clone = 'github.com/CVEProject/cvelistV5/cves';
const kevPath = 'www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json';
const epssPath = 'epss.empiricalsecurity.com/epss_scores-current.csv.gz';
const [glibc, webp] = ['CVE-2023-4911', 'CVE-2023-4863'];

/** Ratings of Red Hat for glibc, and of CISA for libwebp, which its assigner does not rate. */
const glibcRecord = cveRecord(glibc, {
  metrics: [cvss31('CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', 7.8, 'HIGH')],
});
const webpRecord = cveRecord(webp, {
  assigner: 'Chrome',
  cisa: [cvss31('CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H', 8.8, 'HIGH')],
});

/** Debian 12 with two vulnerable packages. */
function rootfs(): string {
  const place = join(scratch, 'unrated-rootfs');
  if (existsSync(place)) return place;
  put(place, 'etc/os-release', 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n');
  put(
    place,
    'var/lib/dpkg/status',
    [
      ['libc6', 'glibc', '2.36-9'],
      ['libwebp7', 'libwebp', '1.2.4-0.2'],
    ]
      .map(
        ([name, source, version]) =>
          `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nSource: ${source}\nVersion: ${version}\n`,
      )
      .join('\n'),
  );
  return place;
}

function put(place: string, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), content);
}

function fixedIn(version: string): object {
  const bookworm = {
    status: 'resolved',
    repositories: { bookworm: version },
    fixed_version: version,
    urgency: 'not yet assigned',
  };
  return { description: 'A flaw.', scope: 'local', releases: { bookworm } };
}

/** Content of a mirror by path. Debian rates neither of the two vulnerabilities. */
type Files = Readonly<Record<string, string | Uint8Array>>;

const advisories: Files = {
  'security-tracker.debian.org/tracker/data/json': JSON.stringify({
    glibc: { [glibc]: fixedIn('2.36-9+deb12u3') },
    libwebp: { [webp]: fixedIn('1.2.4-0.2+deb12u1') },
  }),
};

const daily: Files = {
  [kevPath]: JSON.stringify({
    vulnerabilities: [
      { cveID: glibc, dateAdded: '2023-11-21' },
      { cveID: webp, dateAdded: '2023-09-13' },
    ],
  }),
  [epssPath]: gzipSync(`cve,epss,percentile\n${webp},0.93,0.99\n${glibc},0.71,0.98\n`),
};

const records: Files = {
  [`${raw}/${recordPath(glibc)}`]: JSON.stringify(glibcRecord),
  [`${raw}/${recordPath(webp)}.gz`]: gzipSync(JSON.stringify(webpRecord)),
};

/** Scans the image with an HTTP mirror. `asked` are the paths that it requested. */
async function scanned(
  context: TestContext,
  files: Files,
  options: {
    readonly db?: string;
    readonly args?: readonly string[];
    readonly answer?: (path: string, response: ServerResponse) => boolean;
  } = {},
): Promise<Run & { readonly requests: readonly string[]; readonly report: Report }> {
  const requests: string[] = [];
  const url = await serveHttp(context, (request, response) => {
    const path = (request.url ?? '').slice(1);
    requests.push(path);
    if (options.answer?.(path, response) === true) return;
    const content = files[path];
    if (content === undefined) response.writeHead(404).end();
    else response.end(content);
  });
  const db = options.db ?? ':memory:';
  const args = ['scan', `dir:${rootfs()}`, '--db', db, '--mirror', url, '--format', 'json'];
  const run = await clairBeside([...args, ...(options.args ?? [])]);
  assert.ok(run.stdout.startsWith('{'), run.stderr);
  return { ...run, requests, report: JSON.parse(run.stdout) as Report };
}

/** Returns the ratings of a report as a whole, without their age. */
function known({ ratings }: Report): unknown {
  const { lists, ...others } = ratings ?? {};
  return others;
}

function ratings({ matches }: Report): unknown {
  return matches
    .map(({ vulnerability: { id, severity, severitySource, kev, epss } }) => [
      ...[id, severity, severitySource, kev, epss],
    ])
    .sort();
}

const rated = [
  [webp, 'High', 'cisa-adp', true, 0.93],
  [glibc, 'High', 'redhat', true, 0.71],
];

test('looks up ratings of findings without severity', async (context) => {
  const files = { ...advisories, ...daily, ...records };
  const { status, report } = await scanned(context, files, { args: ['--fail-on', 'high'] });
  assert.equal(status, 1);
  assert.deepEqual(ratings(report), rated);
  assert.deepEqual(known(report), { unrated: 0, knowsExploited: true, knowsEpss: true, reason: null });
  const lists = report.ratings?.lists ?? [];
  assert.deepEqual(
    lists.map(({ source, fetchedAt }) => [source, fetchedAt.slice(0, 10)]),
    [
      ['kev', new Date().toISOString().slice(0, 10)],
      ['epss', new Date().toISOString().slice(0, 10)],
    ],
  );
});

test('affected and explain use the looked-up ratings that a scan shows', async (context) => {
  const db = join(temporaryDirectory(context), 'clair.db');
  await scanned(context, { ...advisories, ...daily, ...records }, { db });
  const json = (...args: readonly string[]): string => clair([...args, '--db', db]).stdout;
  const affected = JSON.parse(json('affected', glibc, '--format', 'json')) as {
    readonly images: readonly { readonly packages: readonly { readonly severity: string }[] }[];
  };
  assert.deepEqual(
    affected.images.flatMap(({ packages }) => packages.map(({ severity }) => severity)),
    ['High'],
  );
  assert.match(json('affected', webp), /^\S+ +High +libwebp7 /m);
  const image = `dir:${rootfs()}`;
  assert.match(json('explain', image, glibc, '--offline'), /High/);
});

test('requests nothing when the database has the ratings', async (context) => {
  const files = { ...advisories, ...daily, ...records };
  const db = join(temporaryDirectory(context), 'clair.db');
  const url = await serveHttp(context, (request, response) => {
    requests++;
    const content = files[(request.url ?? '').slice(1)];
    if (content === undefined) response.writeHead(404).end();
    else response.end(content);
  });
  let requests = 0;
  const args = ['scan', `dir:${rootfs()}`, '--db', db, '--mirror', url, '--format', 'json'];
  const first = await clairBeside(args);
  assert.ok(requests > 0);
  requests = 0;
  const second = await clairBeside(args);
  assert.equal(requests, 0);
  assert.equal(second.stdout, first.stdout);
  const offline = clair(['scan', `dir:${rootfs()}`, '--db', db, '--offline', '--format', 'json']);
  assert.deepEqual(ratings(JSON.parse(offline.stdout) as Report), rated);
});

test('returns the ratings to two concurrent scans on one database', async (context) => {
  const db = join(temporaryDirectory(context), 'clair.db');
  const mirror = temporaryDirectory(context);
  for (const [path, content] of Object.entries({ ...advisories, ...daily, ...records }))
    put(mirror, path, content);
  const args = ['scan', `dir:${rootfs()}`, '--db', db, '--mirror', mirror, '--format', 'json'];
  const runs = await Promise.all([clairBeside(args), clairBeside(args)]);
  for (const { stdout, stderr } of runs)
    assert.deepEqual(ratings(JSON.parse(stdout) as Report), rated, stderr);
});

test('uses the lists that another scan loads while it waits', async (context) => {
  const db = join(temporaryDirectory(context), 'clair.db');
  const files = { ...advisories, ...daily, ...records };
  const held: (() => void)[] = [];
  let isReleased = false;
  const first = Promise.withResolvers<undefined>();
  const second = Promise.withResolvers<undefined>();
  const requests: string[] = [];
  const url = await serveHttp(context, (request, response) => {
    const path = (request.url ?? '').slice(1);
    const content = files[path];
    const answer = (): unknown =>
      content === undefined ? response.writeHead(404).end() : response.end(content);
    if (isReleased || path in advisories) {
      answer();
      return;
    }
    held.push(answer);
    requests.push(path);
    if (requests.includes(kevPath) && requests.includes(epssPath)) first.resolve(undefined);
    // The second scan requests a record only after it has read which lists are loaded.
    if (requests.filter((one) => one === `${raw}/${recordPath(glibc)}`).length === 2)
      second.resolve(undefined);
  });
  const args = ['scan', `dir:${rootfs()}`, '--db', db, '--mirror', url, '--format', 'json'];
  const runs = [clairBeside(args)];
  await first.promise;
  runs.push(clairBeside(args));
  await second.promise;
  isReleased = true;
  for (const answer of held) answer();
  for (const { stdout, stderr } of await Promise.all(runs))
    assert.deepEqual(ratings(JSON.parse(stdout) as Report), rated, stderr);
});

test('reads ratings from a clone of the CVE list in a mirror directory', (context) => {
  const mirror = temporaryDirectory(context);
  for (const [path, content] of Object.entries({ ...advisories, ...daily })) put(mirror, path, content);
  put(mirror, `${clone}/${recordPath(glibc)}`, JSON.stringify(glibcRecord));
  put(mirror, `${clone}/${recordPath(webp)}`, JSON.stringify(webpRecord));
  const run = clair(['scan', `dir:${rootfs()}`, '--db', ':memory:', '--mirror', mirror, '--format', 'json']);
  assert.deepEqual(ratings(JSON.parse(run.stdout) as Report), rated, run.stderr);
});

test('reports that a mirror directory has no ratings', (context) => {
  const mirror = temporaryDirectory(context);
  for (const [path, content] of Object.entries(advisories)) put(mirror, path, content);
  const run = clair(['scan', `dir:${rootfs()}`, '--db', ':memory:', '--mirror', mirror, '--format', 'json']);
  const { ratings: found } = JSON.parse(run.stdout) as Report;
  assert.deepEqual([found?.unrated, found?.knowsExploited], [2, false]);
  assert.match(found?.reason ?? '', /the mirror has no CVE records/);
});

test('looks up no ratings with --no-lookups and --as-of, and counts the findings without severity', async (context) => {
  const db = join(temporaryDirectory(context), 'clair.db');
  const files = { ...advisories, ...daily, ...records };
  const without = await scanned(context, files, { db, args: ['--no-lookups'] });
  assert.deepEqual(without.requests, ['security-tracker.debian.org/tracker/data/json']);
  assert.deepEqual(known(without.report), {
    unrated: 2,
    knowsExploited: false,
    knowsEpss: false,
    reason: 'ratings are not looked up (--no-lookups)',
  });
  const today = new Date().toISOString().slice(0, 10);
  const past = await scanned(context, files, { db, args: ['--as-of', today] });
  assert.deepEqual(past.requests, []);
  assert.match(past.report.ratings?.reason ?? '', /--as-of/);
  const offline = clair(['scan', `dir:${rootfs()}`, '--db', db, '--offline', '--format', 'json']);
  const { ratings: found } = JSON.parse(offline.stdout) as Report;
  assert.deepEqual([found?.unrated, found?.reason], [2, 'ratings are not looked up (--offline)']);
});

test('leaves findings unrated and stays within the time limit when the rating host answers 429', async (context) => {
  const begin = performance.now();
  const { report } = await scanned(
    context,
    { ...advisories, ...daily },
    {
      answer: (path, response) => {
        if (!path.startsWith('raw.')) return false;
        response.writeHead(429, { 'retry-after': '60' }).end();
        return true;
      },
    },
  );
  assert.ok(performance.now() - begin < 15_000);
  assert.deepEqual(known(report), {
    unrated: 2,
    knowsExploited: true,
    knowsEpss: true,
    reason: '2 of 2 ratings could not be fetched: HTTP 429; try again later',
  });
});

const vector = 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H';
const good = JSON.stringify(glibcRecord);

function ratedAs(score: number, severity: string): string {
  return JSON.stringify(cveRecord(glibc, { metrics: [cvss31(vector, score, severity)] }));
}

/** Responses instead of a record, with the reason in the report. */
const wrongAnswers: readonly (readonly [string, RegExp, (response: ServerResponse) => unknown])[] = [
  ['missing', /^null$/, (response) => response.writeHead(404).end()],
  ['cut', /could not be read, the first of CVE-2023-4911/, (response) => response.end(good.slice(0, -20))],
  [
    'broken off',
    /could not be fetched: broken off/,
    (response) => {
      response.writeHead(200, { 'content-length': good.length });
      response.write(good.slice(0, 100), () => response.destroy());
    },
  ],
  ['huge', /has more than 2097152 bytes/, (response) => response.end(good + ' '.repeat(2 ** 21))],
  [
    'a web page',
    /received a web page instead of a file/,
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  ],
  [
    'elsewhere',
    /a redirect to another host is not followed/,
    (response) => response.writeHead(302, { location: 'http://127.0.0.2:1/record.json' }).end(),
  ],
  [
    'of another CVE',
    /it is the record of CVE-2023-4863/,
    (response) => response.end(JSON.stringify(webpRecord)),
  ],
  [
    'of another score',
    /its base score is 2, but its vector scores 7.8/,
    (response) => response.end(ratedAs(2, 'LOW')),
  ],
  [
    'of another severity',
    /its base score is 7.8, but its severity is LOW/,
    (response) => response.end(ratedAs(7.8, 'LOW')),
  ],
];

test('leaves findings unrated and stores nothing when a rating document is invalid', async (context) => {
  const db = join(temporaryDirectory(context), 'clair.db');
  for (const [name, reason, send] of wrongAnswers) {
    const answer = (path: string, response: ServerResponse): boolean => {
      const isRecord = path === `${raw}/${recordPath(glibc)}`;
      if (isRecord) send(response);
      return isRecord;
    };
    const { report } = await scanned(context, { ...advisories, ...daily, ...records }, { db, answer });
    assert.deepEqual(ratings(report), [rated[0], [glibc, 'Unknown', null, true, 0.71]], name);
    const { unrated, reason: given } = report.ratings ?? {};
    assert.equal(unrated, 1, name);
    assert.match(String(given), reason, name);
  }
});

test('keeps the finding of a rejected CVE and reports the rejection', async (context) => {
  const rejected = {
    [`${raw}/${recordPath(glibc)}`]: JSON.stringify(cveRecord(glibc, { state: 'REJECTED' })),
  };
  const { report } = await scanned(context, { ...advisories, ...daily, ...records, ...rejected });
  assert.deepEqual(ratings(report), [rated[0], [glibc, 'Unknown', null, true, 0.71]]);
  assert.match(report.ratings?.reason ?? '', /the CVEs of 1 finding were rejected/);
});

test('explain and diff use ratings that were looked up', async (context) => {
  const mirror = temporaryDirectory(context);
  for (const [path, content] of Object.entries({ ...advisories, ...daily, ...records }))
    put(mirror, path, content);
  const given = ['--db', ':memory:', '--mirror', mirror];
  const why = await clairBeside(['explain', `dir:${rootfs()}`, glibc, ...given]);
  assert.match(why.stdout, /High/, why.stderr);
  const compared = await clairBeside(['diff', `dir:${scratch}/unrated-rootfs`, `dir:${rootfs()}`, ...given]);
  assert.equal(compared.status, 0, compared.stderr);
});
