import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { type XmlElement, type XmlLimits, XmlStreamError, xmlRecords } from './xml-stream.ts';

const shape = { root: 'list', level: 2 } as const;

async function read(text: string | Uint8Array, bounds: Partial<XmlLimits> = {}, pieceBytes = 7) {
  return await collectAll(xmlRecords(inChunks(Buffer.from(text), pieceBytes), shape, bounds));
}

function refused(text: string | Uint8Array, message: RegExp, bounds: Partial<XmlLimits> = {}): Promise<void> {
  return assert.rejects(read(text, bounds), (error) => {
    assert.ok(error instanceof XmlStreamError);
    assert.match(`${error.place}: ${error.message}`, message);
    return true;
  });
}

const document = `<?xml version="1.0" encoding="utf-8"?>
<!-- a list -->
<l:list xmlns:l="urn:x">
  <a><item id="1">é &amp; &lt;b&gt; &#x20AC;<![CDATA[<raw>]]></item>
  <x:item x:id="2"><part/><part>deep<z/></part></x:item></a>
  <b/><b><other/></b>
</l:list>
`;

const element = (name: string, rest: object = {}): object => ({
  name,
  attributes: {},
  children: [],
  text: '',
  ...rest,
});

function withoutLines({ line: _, children, attributes, ...rest }: XmlElement): unknown {
  return { ...rest, attributes: { ...attributes }, children: children.map(withoutLines) };
}

test('yields the records of a document without prefixes', async () => {
  const records = await read(document);
  assert.deepEqual(
    records.map((record) => [record.parent, withoutLines(record.element)]),
    [
      ['a', element('item', { attributes: { id: '1' }, text: 'é & <b> €<raw>' })],
      [
        'a',
        element('item', {
          attributes: { 'x:id': '2' },
          children: [element('part'), element('part', { text: 'deep', children: [element('z')] })],
        }),
      ],
      ['b', element('other')],
    ],
  );
  assert.deepEqual(
    records.map((record) => record.element.line),
    [4, 5, 6],
  );
});

test('gives the same result when the bytes are cut anywhere', async () => {
  const whole = await read(document, {}, 1e6);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 60 }), async (size) => {
      assert.deepEqual(await read(document, {}, size), whole);
    }),
  );
});

test('refuses a document that is cut anywhere', async () => {
  const bytes = Buffer.from(document.trimEnd());
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), (length) =>
      refused(bytes.subarray(0, length), /^(line|byte) \d+/),
    ),
  );
});

test('refuses declarations, and entities other than those of XML itself', async () => {
  await refused(
    '<!DOCTYPE list [<!ENTITY a "aaaa">]><list><a><i>&a;</i></a></list>',
    /^line 1, column \d+: a document type/,
  );
  await refused('<!DOCTYPE html><html></html>', /document type/);
  for (const name of ['a', 'nbsp', 'constructor', '__proto__', 'toString', '#0', '#xD800', '#x110000']) {
    await refused(`<list><a><i>&${name};</i></a></list>`, /entity/);
  }
});

test('allows a declaration by a reference, and nothing else, when the caller allows it', async () => {
  const allowing = { ...shape, allowDoctype: true };
  const readWith = (doctype: string, text = 'x'): Promise<unknown[]> =>
    collectAll(
      xmlRecords(
        inChunks(Buffer.from(`<?xml version="1.0"?>\n${doctype}<list><a><i>${text}</i></a></list>`), 7),
        allowing,
      ),
    );
  const plain = await readWith('');
  for (const doctype of [
    '<!DOCTYPE list>',
    '<!DOCTYPE l:list SYSTEM "http://a.example/list.dtd">',
    "<!DOCTYPE list\tSYSTEM 'file:///etc/[passwd>' >",
    '<!DOCTYPE list PUBLIC "-//A//B" "http://a.example/list.dtd">',
  ])
    assert.deepEqual(await readWith(doctype), plain, doctype);
  const refusals: readonly (readonly [doctype: string, message: RegExp, text?: string])[] = [
    ['<!DOCTYPE list [<!ENTITY a "aaaa">]>', /^line 2, column \d+: .* more than a reference/, '&a;'],
    ['<!DOCTYPE list []>', /more than a reference/],
    ['<!DOCTYPE list SYSTEM "a.dtd" [<!ATTLIST i b CDATA "c">]>', /more than a reference/],
    ['<!DOCTYPE list SYSTEM a.dtd>', /more than a reference/],
    ['<!DOCTYPE list "a.dtd">', /more than a reference/],
    ['<!DOCTYPE>', /more than a reference/],
    ['<!DOCTYPE html>', /not a document of list but of html/],
    ['<!DOCTYPE list><!DOCTYPE list>', /doctype/],
    ['<!DOCTYPE list SYSTEM "a.dtd">', /entity/, '&a;'],
    [`<!DOCTYPE list SYSTEM "${'a'.repeat(5 * 2 ** 20)}">`, /tag, text or comment is longer/],
  ];
  for (const [doctype, message, text] of refusals)
    await assert.rejects(
      readWith(doctype, text),
      (error) => error instanceof XmlStreamError && message.test(`${error.place}: ${error.message}`),
      doctype.slice(0, 100),
    );
});

test('yields the root as the only record at level 0', async () => {
  const records = await collectAll(
    xmlRecords(inChunks(Buffer.from(document), 7), { root: 'list', level: 0 }),
  );
  assert.deepEqual(
    records.map(({ parent, element }) => [parent, element.name, element.children.map(({ name }) => name)]),
    [['', 'list', ['a', 'b', 'b']]],
  );
});

test('names the place when the content is not well-formed or not the expected document', async () => {
  await refused('', /^byte 0: empty/);
  await refused('<lists/>', /^line 1, column 8: not a document of list but of lists/);
  await refused('<list>\n<a></b></list>', /^line 2, column \d+: unexpected close tag/);
  await refused('<list><a b="1" b="2"/></list>', /attribute/);
  await refused('<list><a>text<i/></a></list>', /text where there should be elements/);
  await refused('<list/><list/>', /[r]oot/);
  await refused('<list/>x', /[r]oot/);
  await refused('{"a": 1}', /^line 1/);
  await refused(Buffer.from('<list><a><i>\xe9</i></a></list>', 'latin1'), /^byte \d+ .*not UTF-8/);
  await refused('<?xml version="1.0" encoding="ISO-8859-1"?><list/>', /ISO-8859-1, not UTF-8/);
  await refused(Buffer.from('<list/>', 'utf16le'), /^(line|byte)/);
});

test('enforces every limit', async () => {
  const items = (text: string) => `<list><a>${text}</a></list>`;
  await refused(items('<i/>'.repeat(9)), /more than 8 records/, { records: 8 });
  await refused(items(`<i>${'<j/>'.repeat(9)}</i>`), /more than 8 elements/, { recordElements: 8 });
  await refused(items(`<i>${'<j>x</j>'.repeat(2000)}</i>`), /record is longer/, { recordChars: 1000 });
  await refused(items(`<i>${'x'.repeat(5000)}</i>`), /tag, text or comment is longer/, { tokenChars: 1000 });
  await refused(items(`<i a="${'x'.repeat(5000)}"/>`), /tag, text or comment is longer/, {
    tokenChars: 1000,
  });
  await refused(items(`<!--${'x'.repeat(5000)}--><i/>`), /tag, text or comment is longer/, {
    tokenChars: 1000,
  });
  await refused(items('<i>'.repeat(2000)), /nested deeper than 100/);
  await refused(items('<i/>'.repeat(500)), /longer than 1000 bytes/, { bytes: 1000 });
  assert.equal((await read(items('<i/>'.repeat(500)), { tokenChars: 1000, recordChars: 1000 })).length, 500);
});
