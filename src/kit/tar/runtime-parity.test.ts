import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { paxRecords, type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { TarError } from './header.ts';
import { decodeName } from './name.ts';
import { TarWalker } from './walker.ts';

/** Each member as `path type content`. The expected values are what Go's archive/tar gives for the same bytes. */
function walk(entries: readonly TarEntryPlan[]): string[] {
  const walked: string[] = [];
  const walker = new TarWalker(({ path, type }) => {
    let content = '';
    return {
      write: (bytes) => {
        content += bytes.toString('latin1');
      },
      close: () => walked.push(`${path} ${type} ${content}`.trimEnd()),
    };
  });
  walker.push(Buffer.from(tar(entries)));
  walker.end();
  return walked;
}

const pax = (records: Readonly<Record<string, string>>): TarEntryPlan => ({
  path: 'x',
  type: 'pax-header',
  content: paxRecords(records),
});
const rawPax = (content: string): TarEntryPlan => ({ path: 'x', type: 'pax-header', content });
const global = (records: Readonly<Record<string, string>>): TarEntryPlan => ({
  path: 'g',
  type: 'pax-global-header',
  content: paxRecords(records),
});
const longName = (content: string): TarEntryPlan => ({ path: 'L', type: 'gnu-long-name', content });
const longLink = (content: string): TarEntryPlan => ({ path: 'K', type: 'gnu-long-link', content });

test('applies a global header to nothing, and drops the headers before it', () => {
  assert.deepEqual(walk([global({ path: 'other', size: '0' }), { path: 'a', content: '1' }]), ['a file 1']);
  const lost = [
    pax({ path: 'other' }),
    longName('long\0'),
    global({ comment: 'x' }),
    { path: 'a', content: '1' },
  ];
  assert.deepEqual(walk(lost), ['a file 1']);
});

test('uses the last of two equal records, and ignores an empty one', () => {
  const twice = rawPax(`${paxRecords({ path: 'first' })}${paxRecords({ path: 'last' })}`);
  assert.deepEqual(walk([twice, { path: 'a' }]), ['last file']);
  const emptied = rawPax(`${paxRecords({ path: 'first' })}${paxRecords({ path: '' })}`);
  assert.deepEqual(walk([emptied, { path: 'a' }]), ['a file']);
});

test('replaces a pax header by a second one', () => {
  assert.deepEqual(
    walk([pax({ path: 'first', size: '1' }), pax({ comment: 'x' }), { path: 'a', content: '12' }]),
    ['a file 12'],
  );
});

test('prefers L to pax for the name of a member in any order, unless L is empty', () => {
  assert.deepEqual(walk([longName('long\0'), pax({ path: 'pax' }), { path: 'a' }]), ['long file']);
  assert.deepEqual(walk([pax({ path: 'pax' }), longName('long\0rest'), { path: 'a' }]), ['long file']);
  for (const empty of ['', '\0', '\0rest'])
    assert.deepEqual(
      walk([pax({ path: 'pax' }), longName(empty), { path: 'a' }]),
      ['pax file'],
      JSON.stringify(empty),
    );
  assert.deepEqual(walk([longName('first'), longName(''), { path: 'a' }]), ['a file']);
  const targets: string[] = [];
  const walker = new TarWalker(({ target }) => void targets.push(target));
  walker.push(
    Buffer.from(
      tar([longLink('\0'), { path: 'a', target: 'own' }, longLink('long'), { path: 'b', target: 'own' }]),
    ),
  );
  assert.deepEqual(targets, ['own', 'long']);
});

test('refuses a pax header that does not parse', () => {
  const wrong = [
    '6 a=b',
    '99 path=a\n',
    '0x7 a=b\n',
    ' 7 a=b\n',
    '7 ab=\n\0\0',
    '6 =ab\n',
    '9 path=\0\n',
    '5 ab\n',
    '-7 a=b\n',
  ];
  for (const content of wrong)
    assert.throws(() => walk([rawPax(content), { path: 'a' }]), TarError, JSON.stringify(content));
});

test("applies the prefix of the header's own dialect", () => {
  const named = (raw: NonNullable<TarEntryPlan['raw']>): string[] => walk([{ path: 'a', raw }]);
  assert.deepEqual(named({ prefix: 'p' }), ['p/a file']);
  assert.deepEqual(named({ magic: 'ustar\0', version: 'xx', prefix: 'p' }), ['p/a file']);
  assert.deepEqual(named({ magic: 'USTAR\0', prefix: 'p' }), ['a file']);
  assert.deepEqual(named({ magic: 'ustar ', version: '00', prefix: 'p' }), ['a file']);
  // GNU stores times of access and change in this field. A value is a prefix if it is ASCII, not empty and not a time.
  assert.deepEqual(named({ magic: 'ustar ', version: ' \0', prefix: '00000000001' }), ['a file']);
  assert.deepEqual(named({ magic: 'ustar ', version: ' \0', prefix: 'p/q' }), ['p/q/a file']);
  assert.deepEqual(named({ magic: 'ustar ', version: ' \0', prefix: 'p\xc3\xa9' }), ['a file']);
});

test('treats a name that ends with a slash as a directory only when it has no type', () => {
  const entries = (typeflag: string): TarEntryPlan[] => [
    { path: 'a/', type: 'file', content: 'abc', raw: { typeflag } },
    { path: 'b', content: '1' },
  ];
  assert.deepEqual(walk(entries('0')), ['a file abc', 'b file 1']);
  // A directory has no payload, whatever its size says: the next header follows at once.
  const directory: TarEntryPlan = {
    path: 'a/',
    type: 'file',
    raw: { typeflag: '\0', size: '00000000777\0' },
  };
  assert.deepEqual(walk([directory, { path: 'b', content: '1' }]), ['a directory', 'b file 1']);
  assert.deepEqual(walk([pax({ size: '600' }), directory, { path: 'b', content: '1' }]), [
    'a directory',
    'b file 1',
  ]);
});

test('accepts blanks and NULs on either side of a number, and refuses anything else', () => {
  for (const size of ['\x003', '  3 ', '3\0junk', '\0\0 3 \0'])
    assert.deepEqual(
      walk([{ path: 'a', content: 'abc', raw: { size: size.padEnd(12, '\0') } }]),
      ['a file abc'],
      size,
    );
  assert.deepEqual(walk([{ path: 'a', raw: { size: ' '.repeat(12) } }]), ['a file']);
  for (const size of ['3 4', '8', '+3', '0x3', '-1'])
    assert.throws(
      () => walk([{ path: 'a', content: 'abc', raw: { size: size.padEnd(12, '\0') } }]),
      /impossible size/,
      size,
    );
});

test('treats a file as sparse by the versions of GNU, and by no other', () => {
  const content = '1\n2\n3\n'.padEnd(512, '\0');
  const formOf = (records: Readonly<Record<string, string>>): string => {
    const seen: string[] = [];
    const walker = new TarWalker(
      ({ path, sparse }) => void seen.push(`${path} ${sparse?.form ?? 'plain'} ${sparse?.realSize ?? ''}`),
    );
    walker.push(Buffer.from(tar([pax(records), { path: 'a', content }])));
    return seen.join();
  };
  const version = (major: string, minor: string): Record<string, string> => ({
    'GNU.sparse.major': major,
    'GNU.sparse.minor': minor,
  });
  const named = { 'GNU.sparse.name': 'n', 'GNU.sparse.realsize': '9' };
  const map = { 'GNU.sparse.map': '2,3', 'GNU.sparse.numblocks': '1' };
  assert.equal(formOf({ ...version('1', '0'), ...named }), 'n map-in-data 9');
  assert.equal(formOf({ ...version('0', '1'), ...named, ...map }), 'n pieces 9');
  assert.equal(formOf({ ...named, ...map }), 'n pieces 9');
  assert.equal(formOf({ ...version('1', '0'), ...named, 'GNU.sparse.size': '8' }), 'n map-in-data 8');
  for (const unknown of [version('1', '1'), version('2', '0'), { 'GNU.sparse.major': '1' }, {}])
    assert.equal(formOf({ ...unknown, ...named }), 'a plain ');
  assert.throws(
    () => formOf({ ...version('0', '1'), ...map, 'GNU.sparse.numblocks': '2' }),
    /malformed sparse map/,
  );
});

test('keeps two names that are not UTF-8 apart', () => {
  const raw = (byte: number): TarEntryPlan => ({ path: 'a', raw: { name: Buffer.of(byte, 0) } });
  assert.deepEqual(walk([raw(0xff), raw(0xfe)]), [
    `${decodeName(Buffer.of(0xff))} file`,
    `${decodeName(Buffer.of(0xfe))} file`,
  ]);
});

test('keeps an overlong name as it is, unless it is short once cleaned', () => {
  const overlong = ['a/'.repeat(500_000), `${'./'.repeat(3000)}etc/passwd`, 'é'.repeat(2100)];
  for (const name of overlong)
    for (const head of [pax({ path: name }), longName(`${name}\0`)]) {
      const [walked = ''] = walk([head, { path: 'a' }]);
      assert.equal(walked.length, limits.pathBytes + 1 + ' file'.length);
    }
  const longest = `${'./'.repeat((limits.pathBytes - 4) / 2)}name`;
  assert.deepEqual(walk([pax({ path: longest }), { path: 'a' }]), ['name file']);
});
