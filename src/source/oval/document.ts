import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import { xmlRecords } from '../../kit/xml/xml-stream.ts';
import { type Definition, readDefinition } from './definition.ts';
import { PackageTests } from './package-tests.ts';
import { PackedList } from './packed-list.ts';

/** An OVAL document as it was read: its definitions in order, and the tests they name. */
export interface OvalDocument {
  readonly definitions: Iterable<Definition>;
  readonly tests: PackageTests;
  /** When it was written, where it states that. */
  readonly timestamp: string | undefined;
}

/**
 * Reads an OVAL 5 document in one pass. The definitions come before the tests, objects and states they are about, so they are
 * put aside compressed until all is known. Throws an `XmlStreamError` or `UnexpectedContent` with the line for what is no such document.
 */
export async function readOval(body: AsyncIterable<Uint8Array>): Promise<OvalDocument> {
  const definitions = new PackedList<Definition>();
  const tests = new PackageTests();
  let count = 0;
  let timestamp: string | undefined;
  for await (const { parent, element } of xmlRecords(body, { root: 'oval_definitions', level: 2 })) {
    if (parent === 'definitions') {
      definitions.push(readDefinition(element));
      count++;
    } else if (parent === 'generator') {
      if (element.name.endsWith('timestamp')) timestamp = element.text.trim();
    } else {
      tests.add(element);
    }
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it holds no definition');
  return { definitions, tests, timestamp };
}
