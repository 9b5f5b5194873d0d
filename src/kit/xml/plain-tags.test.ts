import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PlainTags } from './plain-tags.ts';
import { parseXml, type XmlElement } from './xml-stream.ts';

const names = ['a', 'b', 'x:a', 'c.d-e', '_f', '__proto__', 'constructor'];

/** An element with its children, as far as tags show it. */
interface Shown {
  readonly name: string;
  readonly attributes: readonly (string | undefined)[];
  readonly text: string;
}

const tags = new PlainTags();

function readTags(text: string): Shown[] | undefined {
  if (!tags.read(Buffer.from(text))) return undefined;
  return Array.from({ length: tags.count }, (_, tag) => {
    assert.ok(tags.isNamed(tag, tags.nameOf(tag)) && !tags.isNamed(tag, `${tags.nameOf(tag)}s`));
    const attributes = names.map((name) => tags.attributeOf(tag, name));
    return { name: tags.nameOf(tag), attributes, text: tags.textOf(tag) };
  });
}

/** The same as the parser of XML reads it. Undefined if it refuses the text, or finds more than children. */
function parsed(text: string): Shown[] | undefined {
  const [, root = ''] = /^<(?:[\w.-]+:)?([\w.-]+)/.exec(text) ?? [];
  try {
    const element = parseXml(Buffer.from(text), root);
    if (element.children.some(({ children }) => children.length > 0)) return undefined;
    return [element, ...element.children].map(shown);
  } catch {
    return undefined;
  }
}

function shown({ name, attributes, text }: XmlElement): Shown {
  const own = new Map(Object.entries(attributes));
  return { name, attributes: names.map((attribute) => own.get(attribute)), text: text.trim() };
}

const name = fc.constantFrom(...names);
const value = fc.constantFrom('', '1', ' a > b ', "it's", '__proto__');
const attributes = fc
  .array(fc.tuple(fc.constantFrom(' ', '\n', '\t  '), name, value), { maxLength: 3 })
  .map((list) => list.map(([space, key, text]) => `${space}${key}="${text}"`).join(''));
const child = fc
  .tuple(
    name,
    attributes,
    fc.constantFrom(undefined, '', ' ', '\n', ' 0:1.2-3 ', 'a "b"', "it's", 'a > b', ' ]]>'),
  )
  .map(([tag, more, text]) => (text === undefined ? `<${tag}${more}/>` : `<${tag}${more}>${text}</${tag}>`));
const blank = fc.constantFrom('', ' ', '\n\t');
const element = fc
  .tuple(name, attributes, fc.array(fc.tuple(blank, child), { maxLength: 4 }), blank)
  .map(([tag, more, children, end]) => `<${tag}${more}>${children.flat().join('')}${end}</${tag}>`);

test('reads the tags that the parser reads', () => {
  let plain = 0;
  fc.assert(
    fc.property(fc.oneof(element, child), (written) => {
      const found = readTags(written);
      if (found === undefined) return;
      plain++;
      assert.deepEqual(found, parsed(written), written);
    }),
  );
  assert.ok(plain > 20);
});

/** Texts at the edge of what is plain, or of what is XML at all. */
const odd = fc.constantFrom(
  ...[
    '&amp;',
    '<!-- -->',
    '<![CDATA[x]]>',
    '<?p?>',
    ']]>',
    '\r',
    'é',
    '<',
    '>',
    '"',
    '/',
    '=',
    ' ',
    '\u0001',
  ],
  ...['<b>', '</a>', '\u007f', ':', '-'],
);

test('never reads what the parser reads differently or refuses', () => {
  const changed = fc.tuple(fc.oneof(element, child), odd, fc.nat(), fc.integer({ min: 0, max: 2 }));
  fc.assert(
    fc.property(changed, ([written, inserted, place, removed]) => {
      const at = place % (written.length + 1);
      const text = written.slice(0, at) + inserted + written.slice(at + removed);
      const found = readTags(text);
      if (found !== undefined) assert.deepEqual(found, parsed(text), text);
    }),
    { numRuns: 3000 },
  );
});

test('leaves elements to the parser that are long or have many tags or attributes', () => {
  const many = (count: number, of: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => of(i)).join('');
  assert.equal(tags.read(Buffer.from(`<a>${many(15, () => '<b/>')}</a>`)), true);
  assert.equal(tags.read(Buffer.from(`<a>${many(16, () => '<b/>')}</a>`)), false);
  assert.equal(tags.read(Buffer.from(`<a${many(64, (i) => ` a${i}=""`)}/>`)), true);
  assert.equal(tags.read(Buffer.from(`<a${many(65, (i) => ` a${i}=""`)}/>`)), false);
  assert.equal(tags.read(Buffer.from(`<a b="${'x'.repeat(16 * 1024)}"/>`)), false);
});
