import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseXml, type XmlElement } from '../../kit/xml/xml-stream.ts';
import { idsIn } from './definition-ids.ts';

/** Ways to write an attribute. */
const writers: readonly ((name: string, value: string) => string)[] = [
  (name, value) => `${name}="${value}"`,
  (name, value) => `${name}='${value}'`,
  (name, value) => `${name} = "${value}"`,
  (name, value) => `${name}="${value.replace(':', '&#58;')}"`,
  (name, value) => `${name}="é${value}"`,
  (name, value) => `comment="id='x' ${name}=" ${name}="${value}"`,
];

const attribute = fc.tuple(fc.constantFrom(...writers), fc.constantFrom('t:1', 't:2', 't:3'));

/** Values of an attribute in an element and everything in it. */
function valuesOf(element: XmlElement, name: string): string[] {
  const own = element.attributes[name];
  return [...(own === undefined ? [] : [own]), ...element.children.flatMap((child) => valuesOf(child, name))];
}

test('finds the id and every reference, however they are written', () => {
  fc.assert(
    fc.property(attribute, fc.array(attribute, { maxLength: 4 }), ([writeId, id], references) => {
      const criteria = references.map(([write, test]) => `<criterion ${write('test_ref', test)}/>`);
      const text = `<x:definition class="patch" ${writeId('id', id)}><criteria>${criteria.join('')}</criteria></x:definition>`;
      const element = parseXml(Buffer.from(text), 'definition');
      const found = idsIn({ bytes: Buffer.from(text), line: 1 });
      assert.equal(found.id, element.attributes['id']);
      for (const test of valuesOf(element, 'test_ref')) assert.ok(found.testIds.includes(test), text);
    }),
  );
});

test('reports a definition without an id at its line', () => {
  const bytes = Buffer.from('<definition class="id="/>');
  assert.throws(() => idsIn({ bytes, line: 7 }), { name: 'UnexpectedContent', place: 'line 7' });
});

test('does not parse a definition whose ids are written plainly', () => {
  const bytes = Buffer.from(
    '<definition id="d:1" version="1"><criterion test_ref="t:1"/><criterion test_ref="t:2">',
  );
  assert.deepEqual(idsIn({ bytes, line: 1 }), { id: 'd:1', testIds: ['t:1', 't:2'] });
});
