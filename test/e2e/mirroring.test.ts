import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveHttp } from '../../src/testing/http-server.ts';
import { clair, clairBeside, inCheckout, scratch } from './clair.ts';

const vendors = join(scratch, 'vendors');
const directory = join(scratch, 'mirrored');
const main = 'secdb.alpinelinux.org/v3.20/main.json';

/** Serves the files of the vendors, except for those in `instead`. */
function serving(instead: ReadonlyMap<string, RequestListener>): RequestListener {
  return (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://mirror').pathname).slice(1);
    const other = instead.get(path);
    if (other !== undefined) {
      other(request, response);
      return;
    }
    try {
      const bytes = readFileSync(join(vendors, path));
      const tag = `"${bytes.length}"`;
      const isKnown = request.headers['if-none-match'] === tag;
      response.writeHead(isKnown ? 304 : 200, { etag: tag }).end(isKnown ? '' : bytes);
    } catch {
      response.writeHead(404).end();
    }
  };
}

/** Returns responses that are not the file, each of which a browser would accept. */
function badAnswers(whole: Buffer): Readonly<Record<string, RequestListener>> {
  return {
    'a page as HTML': (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>log in</html>'),
    'a page under another name': (_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('<html>log in</html>'),
    nothing: (_, response) => response.writeHead(200).end(),
    'half of it': (_, response) => response.writeHead(200).end(whole.subarray(0, whole.length / 2)),
    'a connection that breaks': (_, response) => {
      response.writeHead(200, { 'content-length': whole.length });
      response.write(whole.subarray(0, 100), () => response.destroy());
    },
    'another format': (_, response) => response.writeHead(200).end('{"packages": 1}'),
  };
}

/** Returns every file of the mirror and its modification time. */
function writtenFiles(): [string, number][] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(directory, name)).isFile())
    .sort()
    .map((name) => [name, statSync(join(directory, name)).mtimeMs]);
}

test('serves scans from a mirror made over HTTP as vendors do, and no bad response damages it', async (context) => {
  for (const place of [vendors, directory]) rmSync(place, { recursive: true, force: true });
  cpSync(inCheckout('examples/mirror/secdb.alpinelinux.org'), join(vendors, 'secdb.alpinelinux.org'), {
    recursive: true,
  });
  const catalogue = join(vendors, 'www.cisa.gov/sites/default/files/feeds');
  mkdirSync(catalogue, { recursive: true });
  const vulnerabilities = [{ cveID: 'CVE-2024-5535', dateAdded: '2026-01-02' }];
  writeFileSync(join(catalogue, 'known_exploited_vulnerabilities.json'), JSON.stringify({ vulnerabilities }));
  const instead = new Map<string, RequestListener>();
  const url = await serveHttp(context, serving(instead));
  const mirror = () => clairBeside(['db', 'mirror', directory, 'alpine', 'kev', '--mirror', url]);

  const first = await mirror();
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /^alpine v3\.20\/main +mirrored: 1 file new, 0 as before$/m);
  assert.match(first.stdout, /^kev catalogue +mirrored: 1 file new, 0 as before$/m);
  const files = writtenFiles();
  assert.deepEqual(
    files.map(([name]) => name),
    [
      'clair-mirror.json',
      'secdb.alpinelinux.org/v3.20/community.json',
      main,
      'www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json',
    ],
  );

  const second = await mirror();
  assert.match(second.stdout, /^alpine v3\.20\/main +mirrored: 0 files new, 1 as before$/m);
  assert.deepEqual(writtenFiles(), files);

  const whole = readFileSync(join(vendors, main));
  const answers = badAnswers(whole);
  for (const [what, answer] of Object.entries(answers)) {
    instead.set(main, answer);
    const run = await mirror();
    assert.equal(run.status, 3, `${what}: ${run.stdout}`);
    assert.match(run.stdout, /^alpine v3\.20\/main +failed: /m, what);
    assert.match(run.stdout, /^kev catalogue +mirrored: 0 files new, 1 as before$/m, what);
    assert.deepEqual(readFileSync(join(directory, main)), whole, what);
    assert.deepEqual(
      writtenFiles().map(([name]) => name),
      files.map(([name]) => name),
      what,
    );
  }

  const scan = (place: string, database: string): string => {
    const db = ['--db', join(scratch, database), '--mirror', place];
    const updated = clair(['db', 'update', 'kev', ...db]);
    assert.equal(updated.status, 0, updated.stderr);
    return clair(['scan', inCheckout('examples/image.tar'), '--format', 'json', ...db]).stdout;
  };
  const [here, there] = [scan(directory, 'from-mirror.db'), scan(vendors, 'from-vendors.db')].map((text) =>
    // The two were fetched one after the other.
    text.replaceAll(/"fetchedAt": ?"[^"]+"/g, ''),
  );
  assert.match(here ?? '', /"kev": true/);
  assert.equal(here, there);
});
