import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PlainTags } from '../../kit/xml/plain-tags.ts';
import { parseXml } from '../../kit/xml/xml-stream.ts';
import { ofElement, ofPlainTags } from './stated-test.ts';

const attributes = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom('id', 'check', 'check_existence', 'object_ref', 'state_ref', 'operation', 'x:id'),
      fc.constantFrom('', 'oval:a:1', 'at least one', 'equals', 'pattern match'),
    ),
    { selector: ([name]) => name, maxLength: 5 },
  )
  .map((list) => list.map(([name, value]) => ` ${name}="${value}"`).join(''));
const child = fc
  .tuple(
    fc.constantFrom('object', 'state', 'name', 'r:name', 'evr', 'arch'),
    attributes,
    fc.constantFrom('', ' ', 'bash', '\n 0:1-2 '),
  )
  .map(([name, some, text]) => `<${name}${some}>${text}</${name}>`);
const part = fc
  .tuple(
    fc.constantFrom('rpminfo_test', 'red:rpminfo_test', 'rpminfo_object', 'rpminfo_state', 'uname_test'),
    attributes,
    fc.array(child, { maxLength: 3 }),
  )
  .map(([name, some, children]) => ({ name, text: `<${name}${some}>${children.join(' ')}</${name}>` }));

test('reads the same from tags as from an element, or leaves it to the element', () => {
  const tags = new PlainTags();
  let plain = 0;
  fc.assert(
    fc.property(part, ({ name, text }) => {
      const bytes = Buffer.from(text);
      const found = tags.read(bytes) ? ofPlainTags(tags) : undefined;
      if (found === undefined) return;
      plain++;
      assert.deepEqual(found, ofElement(parseXml(bytes, name.slice(name.indexOf(':') + 1))), text);
    }),
    { numRuns: 2000 },
  );
  assert.ok(plain > 100, `${plain} plain ones`);
});
