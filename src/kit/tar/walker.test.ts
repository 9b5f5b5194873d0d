import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { base256, type TarEntryPlan as Member, paxRecords, tar } from '../../testing/tar-writer.ts';
import { TarError } from './header.ts';
import { type TarEntry, TarWalker } from './walker.ts';

interface Walked extends TarEntry {
  readonly content: string;
}

/** Walks an archive pushed in pieces of `pieceBytes` and collects every payload. */
function walk(archive: Uint8Array, pieceBytes: number = archive.length): Walked[] {
  const walked: Walked[] = [];
  const walker = new TarWalker((entry) => {
    const pieces: Buffer[] = [];
    return {
      write: (bytes) => pieces.push(Buffer.from(bytes)),
      close: () => walked.push({ ...entry, content: Buffer.concat(pieces).toString() }),
    };
  });
  for (let at = 0; at < archive.length; at += Math.max(pieceBytes, 1)) {
    walker.push(Buffer.from(archive.subarray(at, at + Math.max(pieceBytes, 1))));
  }
  walker.end();
  return walked;
}

const summary = (walked: readonly Walked[]): unknown[] =>
  walked.map(({ path, type, content }) => [path, type, content]);

test('yields names, types and contents as they were written', () => {
  const archive = tar([
    { path: './etc/' },
    { path: './etc/os-release', content: 'ID=alpine\n' },
    { path: 'lib', target: 'usr/lib' },
    { path: 'copy', type: 'hardlink', target: 'etc/os-release' },
    { path: 'fifo', type: 'fifo' },
    { path: 'old', type: 'contiguous', content: 'x' },
  ]);
  assert.deepEqual(summary(walk(archive)), [
    ['etc', 'directory', ''],
    ['etc/os-release', 'file', 'ID=alpine\n'],
    ['lib', 'symbolic-link', ''],
    ['copy', 'hard-link', ''],
    ['fifo', 'other', ''],
    ['old', 'file', 'x'],
  ]);
  assert.deepEqual(
    walk(archive)
      .slice(2, 4)
      .map(({ target }) => target),
    ['usr/lib', 'etc/os-release'],
  );
});

test('keeps names inside the root when they try to leave it', () => {
  const names = ['../../etc/passwd', '/etc/shadow', 'a/../../b', 'a/./b//c', '..', '/'];
  const archive = tar(names.map((path) => ({ path, type: 'file' as const })));
  assert.deepEqual(
    walk(archive).map(({ path }) => path),
    ['etc/passwd', 'etc/shadow', 'b', 'a/b/c', '', ''],
  );
});

for (const longNames of ['pax', 'gnu', 'ustar'] as const) {
  test(`reads long names, ${longNames}`, () => {
    const path = `${'d'.repeat(90)}/${'f'.repeat(95)}`;
    const archive = tar([
      { path, content: 'x', longNames },
      { path: 'next', content: 'y' },
    ]);
    assert.deepEqual(summary(walk(archive)), [
      [path, 'file', 'x'],
      ['next', 'file', 'y'],
    ]);
  });
}

test('reads a name of 4,096 characters and a name in UTF-8', () => {
  const names = ['n'.repeat(4096), 'opt/ünï', 'ü'.repeat(80)];
  assert.deepEqual(
    walk(tar(names.map((path) => ({ path, content: '' })))).map(({ path }) => path),
    names,
  );
});

test('reads sizes in base-256, in pax headers, and over a wrong header', () => {
  const archive = tar([
    { path: 'a', content: 'abc', raw: { size: base256(3) } },
    { path: 'b', content: 'abcd', raw: { size: '00000000000\0' }, pax: { size: '4' } },
    { path: 'c', content: 'z' },
  ]);
  assert.deepEqual(summary(walk(archive)), [
    ['a', 'file', 'abc'],
    ['b', 'file', 'abcd'],
    ['c', 'file', 'z'],
  ]);
});

test('ends without a marker, at one block of zeros and the end, or at two blocks whatever follows', () => {
  const one: Member[] = [{ path: 'a', content: '1' }];
  const expected = [['a', 'file', '1']];
  assert.deepEqual(summary(walk(tar(one, { endBlocks: 0 }))), expected);
  assert.deepEqual(summary(walk(tar(one, { endBlocks: 1 }))), expected);
  assert.deepEqual(summary(walk(Buffer.concat([tar(one), Buffer.alloc(1024, 'garbage')]))), expected);
  const two = Buffer.concat([tar(one), tar([{ path: 'b', content: '2' }])]);
  assert.deepEqual(summary(walk(two)), expected);
  const afterOne = Buffer.concat([tar(one, { endBlocks: 1 }), tar(one)]);
  assert.throws(() => walk(afterOne), /one block of zeros, where two end an archive/);
});

test('applies the pieces of a GNU sparse header and does not take them for a prefix of the next member', () => {
  const pieces = Buffer.alloc(24 * 4 + 1 + 12);
  const octal = (value: number): string => `${value.toString(8).padStart(11, '0')}\0`;
  pieces.write(`${octal(1024)}${octal(3)}`, 0);
  pieces.write(octal(2048), 24 * 4 + 1);
  const archive = tar([
    { path: 'sparse', type: 'gnu-sparse', content: 'abc', longNames: 'gnu' },
    { path: 'next', content: 'n' },
  ]);
  const laid = Buffer.from(archive);
  pieces.copy(laid, 386);
  let sum = 256;
  for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += laid[i] ?? 0;
  laid.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const [sparse, next] = walk(laid);
  assert.deepEqual(sparse?.sparse, { form: 'pieces', realSize: 2048, pieces: [{ offset: 1024, size: 3 }] });
  assert.equal(next?.path, 'next');
});

test('refuses bytes that are not a tar archive, with the position', () => {
  assert.throws(() => walk(Buffer.alloc(2048, 'x')), TarError);
  const broken = Buffer.from(
    tar([
      { path: 'a', content: 'x' },
      { path: 'b', raw: { checksum: '0000000\0' } },
    ]),
  );
  assert.throws(() => walk(broken), /at byte 1024 of the archive/);
  assert.throws(() => walk(tar([{ path: 'a', raw: { size: 'zzzzzzzzzzz\0' } }])), /impossible size/);
  assert.throws(
    () => walk(tar([{ path: 'x', type: 'pax-header', content: '99 path=a\n' }])),
    /malformed pax/,
  );
});

test('ignores the size of a directory or a link, even an impossible one', () => {
  const archive = tar([
    { path: 'a/', raw: { size: '-1' } },
    { path: 'b', target: 'c', raw: { size: '00000000777\0' } },
    { path: 'c', content: 'x' },
  ]);
  assert.deepEqual(
    walk(archive).map(({ path }) => path),
    ['a', 'b', 'c'],
  );
});

test('refuses an impossible size of a directory of an old archive, wanted or not', () => {
  const bytes = Buffer.from(tar([{ path: 'a/', raw: { typeflag: '\0', size: 'zzzzzzzzzzz\0' } }]));
  for (const isWanted of [true, false]) {
    const walker = new TarWalker(
      () => undefined,
      () => isWanted,
    );
    assert.throws(() => {
      walker.push(bytes);
    }, /impossible size/);
  }
});

test('refuses an impossible size of a sparse file', () => {
  for (const size of ['NaN', '-1', '1e999', 'x']) {
    const pax = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': size };
    assert.throws(() => walk(tar([{ path: 'a', content: '', pax }])), /impossible size/);
  }
});

test('gives the same result when bytes are skipped, also after the end of the archive', () => {
  const archive = Buffer.concat([tar([{ path: 'a', content: 'x' }]), Buffer.alloc(700, 'garbage')]);
  const seen: string[] = [];
  const walker = new TarWalker(({ path }) => {
    seen.push(path);
    return undefined;
  });
  for (let at = 0; at < archive.length; at += 512) {
    walker.skip(0);
    walker.push(archive.subarray(at, at + 512));
  }
  walker.end();
  assert.deepEqual(seen, ['a']);
});

test('takes linear time for global headers with many different keys', () => {
  const header = (i: number): Member => {
    const keys = Array.from({ length: 40 }, (_, k) => [`key.${i}.${k}`, 'x'] as const);
    return { path: 'x', type: 'pax-global-header', content: paxRecords(Object.fromEntries(keys)) };
  };
  const archive = tar(Array.from({ length: 1000 }, (_, i) => header(i)));
  const started = performance.now();
  assert.deepEqual(walk(archive), []);
  assert.ok(performance.now() - started < 5000);
});

test('refuses an archive that is cut anywhere inside a member', () => {
  const archive = tar([{ path: 'a', content: 'x'.repeat(700) }], { endBlocks: 0 });
  for (const cut of [1, 511, 513, 1000, 1211])
    assert.throws(() => walk(archive.subarray(0, cut)), /cut short/, `at ${cut}`);
});

test('gives the same members for pieces of any size', () => {
  const members = fc.array(
    fc.record({
      path: fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,60}){0,4}$/),
      content: fc.string({ maxLength: 2000 }),
    }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(members, fc.integer({ min: 1, max: 1500 }), (entries, pieceBytes) => {
      const archive = tar(entries);
      assert.deepEqual(walk(archive, pieceBytes), walk(archive));
    }),
    { numRuns: 200 },
  );
});

test('gives the same members when unwanted payloads are skipped', () => {
  const archive = Buffer.from(
    tar(['a', 'b', 'c'].map((path, i) => ({ path, content: 'x'.repeat(i * 1000) }))),
  );
  const seen: string[] = [];
  const walker = new TarWalker(({ path }) => {
    seen.push(path);
    return undefined;
  });
  let pushed = 0;
  for (let at = 0; at < archive.length; ) {
    const ahead = Math.min(walker.skippable, archive.length - at);
    walker.skip(ahead);
    at += ahead;
    walker.push(archive.subarray(at, at + 100));
    pushed += 100;
    at += 100;
  }
  walker.end();
  assert.deepEqual(seen, ['a', 'b', 'c']);
  assert.ok(pushed < archive.length);
});

test('refuses or walks random bytes, and never crashes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(2000), (noise, at) => {
      const archive = Buffer.from(tar([{ path: 'a', content: 'x'.repeat(600), pax: { mtime: '1.5' } }]));
      archive.set(noise.subarray(0, archive.length - (at % archive.length)), at % archive.length);
      try {
        walk(archive);
      } catch (error) {
        assert.ok(error instanceof TarError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
