import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import { xmlRecords } from '../../kit/xml/xml-stream.ts';
import { type Definition, readDefinition } from './definition.ts';
import { PackageTests } from './package-tests.ts';
import { PackedList } from './packed-list.ts';

/** A parsed OVAL document: its definitions in order, and the tests they reference. */
export interface OvalDocument {
  readonly definitions: Iterable<Definition>;
  readonly tests: PackageTests;
  /** The time at which it was written, if it states one. */
  readonly timestamp: string | undefined;
}

/**
 * Reads an OVAL 5 document in one pass. Definitions precede the tests, objects and states they reference, so they are
 * stored compressed until all are known. Throws `XmlStreamError` or `UnexpectedContent` with the line if the document
 * is invalid.
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
