import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ApiResponse } from '../route.ts';
import { readConsoleFiles } from './console-files.ts';
import { consoleRouter } from './router.ts';

/** The `Accept` of Chromium 156 for a page, and for a script. */
const page = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
const script = '*/*';

function builtRouter(t: { after(clean: () => void): void }) {
  const directory = mkdtempSync(join(tmpdir(), 'clair-console-'));
  t.after(() => {
    rmSync(directory, { recursive: true });
  });
  for (const name of ['index.html', 'main-1.js', 'main-1.css'])
    for (const suffix of ['', '.br', '.gz']) writeFileSync(join(directory, name + suffix), name + suffix);
  return consoleRouter(readConsoleFiles(directory));
}

function contentOf(response: ApiResponse | undefined): string | undefined {
  return response?.document?.plain.toString();
}

test('returns the page for paths of the console to browsers only', (t) => {
  const router = builtRouter(t);
  const answered = (target: string, accept: string | undefined, method = 'GET'): boolean =>
    router(method, target, accept === undefined ? {} : { accept }) !== undefined;
  for (const path of [
    '/',
    '/images',
    '/images/sha256:1/findings?severity=High',
    '/news/image-added?day=2026-11-29',
    '/diff?a=1&b=2',
    '/triage',
    '/notifications',
  ])
    assert.ok(answered(path, page), path);
  for (const path of [
    '/v1/namespaces',
    '/affected/CVE-1',
    '/events',
    '/nothing',
    '/notifications/1',
    '/imagesx',
    '/index.html',
  ])
    assert.ok(!answered(path, page), path);
  for (const accept of [undefined, '*/*', 'application/json', 'text/*', 'text/htmlx'])
    assert.ok(!answered('/', accept), accept);
  assert.ok(!answered('/', page, 'POST'));
  assert.ok(answered('/', page, 'HEAD'));
});

test('returns scripts and styles by their exact names', (t) => {
  const router = builtRouter(t);
  const asset = (path: string) => {
    const match = router('GET', path, { accept: script });
    return match?.kind === 'answer' ? match.response : undefined;
  };
  assert.equal(contentOf(asset('/console/main-1.js')), 'main-1.js');
  assert.equal(asset('/console/main-1.css')?.contentType, 'text/css; charset=utf-8');
  for (const path of [
    '/console/',
    '/console/main-2.js',
    '/console/index.html',
    '/console/main-1.js.br',
    '/console/../main-1.js',
  ])
    assert.equal(asset(path), undefined, path);
});

test('returns the compressed form that the browser prefers among those it accepts', (t) => {
  const router = builtRouter(t);
  const encoded = (acceptEncoding: string) => {
    const match = router('GET', '/', { accept: page, 'accept-encoding': acceptEncoding });
    const response = match?.kind === 'answer' ? match.response : undefined;
    return [response?.headers?.['Content-Encoding'], contentOf(response)];
  };
  assert.deepEqual(encoded('gzip, deflate, br, zstd'), ['br', 'index.html.br']);
  assert.deepEqual(encoded('gzip, br;q=0'), ['gzip', 'index.html.gz']);
  assert.deepEqual(encoded('identity'), [undefined, 'index.html']);
});

test('allows scripts and styles of this server only, and no frames', (t) => {
  const match = builtRouter(t)('GET', '/', { accept: page });
  assert.ok(match?.kind === 'answer');
  const { headers = {} } = match.response;
  assert.equal(
    headers['Content-Security-Policy'],
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
      "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  );
  assert.equal(headers['X-Content-Type-Options'], 'nosniff');
  assert.equal(headers['Referrer-Policy'], 'no-referrer');
});

test('says which command builds the console where it is not built', () => {
  const match = consoleRouter(readConsoleFiles('/nowhere'))('GET', '/', { accept: page });
  assert.ok(match?.kind === 'answer');
  assert.equal(match.response.status, 503);
  assert.match(match.response.text ?? '', /npm run console/);
});
