import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type XmlPart, XmlSplitter, type XmlSplitterLimits, XmlStreamError } from './xml-splitter.ts';

const wide: XmlSplitterLimits = { bytes: 1e6, records: 1000, recordChars: 1e5, tokenChars: 1e5 };

function split(
  text: string,
  level: number,
  pieceBytes: number,
  bounds: Partial<XmlSplitterLimits> = {},
): (XmlPart & { readonly text: string })[] {
  const splitter = new XmlSplitter(level, { ...wide, ...bounds });
  const bytes = Buffer.from(text);
  const parts: (XmlPart & { readonly text: string })[] = [];
  const keep = (part: XmlPart): void => {
    parts.push({ ...part, text: part.bytes.toString() });
  };
  for (let at = 0; at < bytes.length; at += pieceBytes)
    for (const part of splitter.push(bytes.subarray(at, at + pieceBytes))) keep(part);
  keep(splitter.end());
  return parts;
}

/** Text between tags or around elements, with the characters that end tags and sections. */
const filler = fc.constantFrom(
  '',
  '\n ',
  '<!-- <a> "</b>" -->',
  '<!-- </a> -->',
  '<!---->',
  "<?pi <x/> '?>",
  '<?pi </a> ?>',
  '<?pi?>',
  '<!-- é\n-- >x-->',
);
const inner = fc.oneof(
  filler,
  fc.constantFrom('<![CDATA[</r><r>]] >]]>', '<![CDATA[</a>]]>', 'text > "\'', '&lt;', '<![CDATA[]]>'),
);
const attributes = fc.constantFrom('', ' a="1"', ` a='">' b="'/>"`, ' a="</r>" ', '\n\ta=""');

/** Text of an element. */
const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 4 },
    fc.tuple(fc.constantFrom('a', 'ab', 'x:b'), attributes).map(([name, more]) => `<${name}${more}/>`),
    fc
      .tuple(
        fc.constantFrom('a', 'ab', 'x:b'),
        attributes,
        fc.array(fc.oneof(inner, tie('element')), { maxLength: 4 }),
        fc.constantFrom('', '', ' '),
      )
      .map(([name, more, content, end]) => `<${name}${more}>${content.join('')}</${name}${end}>`),
  ),
}));

test('yields each record as it was written, and everything else between them', () => {
  const documents = fc.record({
    prolog: filler,
    groups: fc.array(fc.tuple(attributes, fc.array(fc.tuple(filler, element), { maxLength: 3 })), {
      maxLength: 3,
    }),
    pieceBytes: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(10_000)),
  });
  fc.assert(
    fc.property(documents, ({ prolog, groups, pieceBytes }) => {
      const written = groups.map(
        ([more, records]) => `<g${more}>${records.map(([before, record]) => before + record).join('')}</g>`,
      );
      const text = `<?xml version="1.0"?>${prolog}<r>${written.join('\n')}</r>\n`;
      const parts = split(text, 2, pieceBytes);
      assert.equal(parts.map((part) => part.text).join(''), text);
      assert.deepEqual(
        parts.filter(({ isRecord }) => isRecord).map((part) => part.text),
        groups.flatMap(([, records]) => records.map(([, record]) => record)),
      );
    }),
  );
});

test('states the place of each part', () => {
  fc.assert(
    fc.property(
      fc.array(element, { maxLength: 5 }),
      fc.integer({ min: 1, max: 40 }),
      (records, pieceBytes) => {
        const text = `<r>\n${records.join('\n')}</r>`;
        for (const { line, column, byte } of split(text, 1, pieceBytes)) {
          const before = Buffer.from(text).subarray(0, byte).toString();
          assert.equal(line, before.split('\n').length);
          assert.equal(column, Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1)));
        }
      },
    ),
  );
});

test('finds the end of a record whose name is shorter than that of the one before', () => {
  const text = '<r><g><long>1</long><a></a></g></r>';
  const start = text.indexOf('<a>') + '<a>'.length;
  const splitter = new XmlSplitter(2, wide);
  const parts = [text.slice(0, start), text.slice(start)].flatMap((piece) =>
    Array.from(splitter.push(Buffer.from(piece)), ({ isRecord, bytes }) =>
      isRecord ? bytes.toString() : '',
    ),
  );
  assert.deepEqual(
    parts.filter((part) => part !== ''),
    ['<long>1</long>', '<a></a>'],
  );
});

test('yields the root at level 0', () => {
  assert.deepEqual(
    split('<?xml version="1.0"?><r><a/></r> ', 0, 3)
      .filter(({ isRecord }) => isRecord)
      .map(({ text }) => text),
    ['<r><a/></r>'],
  );
});

test('leaves text that is not XML to the parser', () => {
  for (const text of [
    '',
    '<',
    '<r><a',
    '<r><!-',
    '<r></r></r></r><a>',
    '{"a": 1}',
    '<r><a b="></a></r>',
    '<!DOCTYPE a [<!ENTITY b "c">]>',
  ]) {
    const parts = split(text, 1, 2);
    assert.equal(parts.map((part) => part.text).join(''), text);
    assert.ok(!parts.some(({ isRecord }) => isRecord), text);
  }
});

test('enforces every limit', () => {
  const refused = (text: string, message: RegExp, bounds: Partial<XmlSplitterLimits>): void => {
    assert.throws(
      () => split(text, 1, 7, bounds),
      (error) => error instanceof XmlStreamError && message.test(`${error.place}: ${error.message}`),
    );
  };
  refused('<r><a/><a/><a/></r>', /^line 1, column 11: more than 2 records/, { records: 2 });
  refused(`<r>\n<a>${'<b/>'.repeat(100)}</a></r>`, /^line 2, column 0: a record is longer/, {
    recordChars: 200,
  });
  refused(`<r><a b="${'x'.repeat(300)}"/></r>`, /tag, text or comment is longer/, { tokenChars: 200 });
  refused(`<r><!--${'x'.repeat(300)}--></r>`, /tag, text or comment is longer/, { tokenChars: 200 });
  refused(`<r>${' '.repeat(300)}</r>`, /longer than 200 bytes/, { bytes: 200 });
});
