import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPlainElement } from './plain-element.ts';
import { parseXml, type XmlElement } from './xml-stream.ts';

/** Copies attributes into objects without a prototype. */
function copied({ attributes, children, ...rest }: XmlElement): XmlElement {
  const entries = Object.assign(Object.create(null) as Record<string, string>, attributes);
  return { ...rest, attributes: entries, children: children.map(copied) };
}

const limits = { recordElements: 100, tokenChars: 10_000, depth: 10 };

function readPlain(text: string, bounds: Partial<typeof limits> = {}): XmlElement | undefined {
  const found = readPlainElement(Buffer.from(text), 1, { ...limits, ...bounds });
  return found && copied(found);
}

/** The same as the parser of XML reads it. Undefined if it refuses the text. */
function parsed(text: string): XmlElement | undefined {
  const [, root = ''] = /^<(?:[\w.-]+:)?([\w.-]+)/.exec(text) ?? [];
  try {
    return copied(parseXml(Buffer.from(text), root));
  } catch {
    return undefined;
  }
}

const name = fc.constantFrom('a', 'b', 'x:a', 'c.d-e', '_f', '__proto__', 'constructor');
const value = fc.constantFrom('', '1', ' a > b ', "it's", '__proto__');
const attributes = fc
  .array(fc.tuple(fc.constantFrom(' ', '\n', '\t  '), name, value), { maxLength: 3 })
  .map((list) => list.map(([space, key, text]) => `${space}${key}="${text}"`).join(''));
const text = fc.constantFrom('', ' ', '\n', 'text', 'a > "b"', "'", '\n\n\tx\n');

const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 3 },
    fc
      .tuple(name, attributes, fc.constantFrom('', ' ', '\n'))
      .map(([tag, more, end]) => `<${tag}${more}${end}/>`),
    fc
      .tuple(name, attributes, fc.array(fc.oneof(text, tie('element')), { maxLength: 4 }))
      .map(([tag, more, content]) => `<${tag}${more}>${content.join('')}</${tag}>`),
  ),
}));

/** Texts at the edge of what is plain, or of what is XML at all. */
const odd = fc.constantFrom(
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
);

test('reads an element as the parser does, or leaves it to the parser', () => {
  let plain = 0;
  fc.assert(
    fc.property(element, (written) => {
      const found = readPlain(written);
      if (found !== undefined) plain++;
      if (found !== undefined) assert.deepEqual(found, parsed(written));
      // Only an attribute that occurs twice is not plain here.
      else assert.equal(parsed(written), undefined, written);
    }),
  );
  assert.ok(plain > 20);
});

test('never reads what the parser reads differently or refuses', () => {
  const changed = fc.tuple(element, odd, fc.nat(), fc.integer({ min: 0, max: 2 }));
  fc.assert(
    fc.property(changed, ([written, inserted, place, removed]) => {
      const at = place % (written.length + 1);
      const text = written.slice(0, at) + inserted + written.slice(at + removed);
      const found = readPlain(text);
      if (found !== undefined) assert.deepEqual(found, parsed(text), text);
    }),
    { numRuns: 2000 },
  );
});

test('leaves what exceeds a limit to the parser', () => {
  assert.ok(readPlain('<a><b/><b/></a>', { recordElements: 3, depth: 2 }) !== undefined);
  assert.equal(readPlain('<a><b/><b/></a>', { recordElements: 2 }), undefined);
  assert.equal(readPlain('<a><b/></a>', { depth: 1 }), undefined);
  assert.equal(readPlain('<a>xxxx</a>', { tokenChars: 10 }), undefined);
});
