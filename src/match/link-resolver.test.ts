import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limits } from '../core/limits.ts';
import { LinkResolver } from './link-resolver.ts';

/** Resolves links in a tree of links, by path, and of files at other paths. */
function resolverOf(links: Readonly<Record<string, string>>, files: readonly string[] = []): LinkResolver {
  const paths = [...Object.keys(links), ...files];
  return new LinkResolver({
    at(path) {
      const target = links[path];
      if (target !== undefined) return { path, kind: 'symbolic-link', target };
      return files.includes(path) ? { path, kind: 'file' } : undefined;
    },
    reaches: (path) => paths.some((other) => `${other}/`.startsWith(path === '' ? '' : `${path}/`)),
  });
}

test('resolves links as path_resolution(7) says, and never leaves the image', () => {
  const resolver = resolverOf({
    lib: 'usr/lib',
    'usr/lib/db': '/data',
    'usr/up': '..',
    'usr/share/a': 'b',
    'usr/share/b': '../c',
    'usr/out': '../../../../etc',
    data: './srv//db/.',
    root: '/',
  });
  const cases = {
    'lib/x': 'usr/lib/x',
    'lib/db/x': 'srv/db/x',
    'lib/../bin': 'usr/bin',
    'usr/up/lib/x': 'usr/lib/x',
    'usr/out/passwd': 'etc/passwd',
    'root/lib/db': 'srv/db',
    'usr/share/a/x': 'usr/c/x',
    root: '',
    'no/such/place': 'no/such/place',
  };
  for (const [path, real] of Object.entries(cases)) assert.equal(resolver.real(path), real, path);
});

test('follows as many links as the kernel, whatever was resolved before', () => {
  const chain = Object.fromEntries(
    Array.from({ length: limits.linkDepth + 1 }, (_, i) => [`l${i}`, `l${i + 1}`]),
  );
  for (const first of ['l0', 'l1', `l${limits.linkDepth}`]) {
    const resolver = resolverOf(chain);
    resolver.real(first);
    assert.equal(resolver.real('l0'), undefined);
    assert.equal(resolver.real('l1'), `l${limits.linkDepth + 1}`);
    assert.equal(resolver.real('l0'), undefined);
  }
});

test('counts the links of a path together', () => {
  for (const path of ['a', 'b/../a']) {
    const resolver = resolverOf({ a: '.', b: 'c' });
    const links = path.split('/').length === 1 ? limits.linkDepth : limits.linkDepth / 2;
    assert.equal(resolver.real(`${path}/`.repeat(links)), '');
    assert.equal(resolver.real(`${path}/`.repeat(links + 1)), undefined);
  }
});

test('resolves loops to nothing, also when each link goes through itself twice', () => {
  const resolver = resolverOf({ a: 'b', b: 'a', c: 'c/x', d: '/d', e: 'f/f', f: 'e/e/..' });
  for (const path of ['a', 'a/x', 'b', 'c', 'd/x', 'e', 'f/e']) assert.equal(resolver.real(path), undefined);
});

test('resolves a link to nothing when its target is longer than Linux allows', () => {
  assert.equal(resolverOf({ a: `${'x/'.repeat(2100)}y` }).real('a'), undefined);
});

test('resolves the directory of a place, but not its own name', () => {
  const resolver = resolverOf({ lib: 'usr/lib', 'usr/lib/db': '/data' });
  assert.equal(resolver.placeOf('lib/db'), 'usr/lib/db');
  assert.equal(resolver.placeOf('lib/db/x'), 'data/x');
  assert.equal(resolver.placeOf('lib'), 'lib');
});

test('looks no part up when nothing is at the one before or below it', () => {
  const lookups: string[] = [];
  const resolver = new LinkResolver({
    at(path) {
      lookups.push(path);
      return path === 'a' ? { path, kind: 'symbolic-link', target: `b${'/b'.repeat(2000)}` } : undefined;
    },
    reaches: (path) => path === '' || path === 'a' || path === 'usr',
  });
  assert.equal(resolver.real('a/../x'), `b${'/b'.repeat(1999)}/x`);
  assert.equal(resolver.real('no/such/../../usr/x'), 'usr/x');
  assert.deepEqual(lookups, ['a', 'b', `b${'/b'.repeat(1999)}/x`, 'no', 'usr', 'usr/x']);
});

test('finds the same as looking every part up when paths have any parts', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', 'c', '..', '.', '', '.d'), { minLength: 1, maxLength: 8 })
    .map((parts) => parts.join('/'));
  const place = fc.array(fc.constantFrom('a', 'b', 'c', '.d'), { minLength: 1, maxLength: 2 });
  const links = fc.dictionary(
    place.map((parts) => parts.join('/')),
    path,
    { maxKeys: 4 },
  );
  fc.assert(
    fc.property(links, path, (targets, lookups) => {
      assert.equal(resolverOf(targets).real(lookups), lookedUp(targets, lookups)?.join('/'));
    }),
    { numRuns: 2000 },
  );
});

test('finds a file at the end of a path exactly if one is at its real path', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const path = fc.array(fc.oneof(name, fc.constantFrom('..', '.', '')), { minLength: 1, maxLength: 6 });
  const links = fc.dictionary(
    name,
    path.map((parts) => parts.join('/')),
    { maxKeys: 3 },
  );
  const place = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(links, fc.array(place, { maxLength: 3 }), path, (targets, files, parts) => {
      const resolver = resolverOf(targets, files);
      const real = resolver.real(parts.join('/'));
      const isFile = real !== undefined && files.includes(real);
      assert.equal(resolver.realFile(parts.join('/')), isFile ? real : undefined);
    }),
    { numRuns: 2000 },
  );
});

/** path_resolution(7), part by part. */
function lookedUp(links: Readonly<Record<string, string>>, path: string): string[] | undefined {
  const real: string[] = [];
  const rest = path.split('/');
  let followed = 0;
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      real.pop();
      continue;
    }
    const target = links[[...real, part].join('/')];
    if (target === undefined) real.push(part);
    else if (++followed > limits.linkDepth) return undefined;
    else {
      if (target.startsWith('/')) real.length = 0;
      rest.unshift(...target.split('/'));
    }
  }
  return real;
}
