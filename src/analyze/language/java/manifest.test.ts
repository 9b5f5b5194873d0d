import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { corpus, corpusTest } from '../../../testing/corpus.ts';
import { identifyArchive } from './identify.ts';
import { parseManifest } from './manifest.ts';

const parse = (text: string) => Object.fromEntries(parseManifest(Buffer.from(text)));

test('joins continued lines, whatever ends the lines', () => {
  for (const end of ['\n', '\r\n', '\r'])
    assert.deepEqual(
      parse(
        ['Manifest-Version: 1.0', 'Bundle-SymbolicName: org.example.', ' long;singleton:=true', '', ''].join(
          end,
        ),
      ),
      { 'manifest-version': '1.0', 'bundle-symbolicname': 'org.example.long;singleton:=true' },
    );
});

test('reads only the main section, not those of single files', () => {
  assert.deepEqual(
    parse('Manifest-Version: 1.0\n\nName: org/apache/xml/serializer/\nImplementation-Version: 2.7.2\n'),
    { 'manifest-version': '1.0' },
  );
});

test('ends the main section at an empty first line, as Java does', () => {
  for (const end of ['\n', '\r\n', '\r'])
    assert.deepEqual(parse(`${end}Name: org/apache/xml/${end}Implementation-Version: 2.7.2${end}`), {});
});

test('skips variables that the build has not replaced and lines without a name', () => {
  assert.deepEqual(parse('Bundle-Name: %bundleName\nno colon\n: x\nImplementation-Version: 1\n'), {
    'implementation-version': '1',
  });
});

test('reads a manifest without end, and one that begins with a byte-order mark', () => {
  assert.equal(parse(`A: ${'x'.repeat(1_000_000)}`)['a']?.length, 1_000_000);
  assert.equal(parse(`A: 1${'\n 2'.repeat(100_000)}`)['a']?.length, 100_001);
  assert.deepEqual(parse('\ufeffA: 1\n'), { a: '1' });
  assert.deepEqual(parse(''), {});
});

corpusTest('identifies jars of the corpus by name and manifest as what they are named after', () => {
  const directory = corpus('pkgdb/lang/jar-meta/claircore/java/jar/testdata/manifest');
  const jars = readdirSync(directory);
  let identified = 0;
  for (const jar of jars) {
    const manifest = parseManifest(readFileSync(`${directory}/${jar}`));
    const { main } = identifyArchive([], { base: jar.replace('.jar', ''), manifest });
    if (main === undefined) continue;
    identified++;
    assert.equal(`${main.artifact}-${main.version}.jar`, jar);
  }
  assert.ok(identified > 40, `${identified} of ${jars.length}`);
});
