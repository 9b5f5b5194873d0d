import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import { xmlTextsByPiece } from '../../kit/xml/xml-stream.ts';
import { PackageTests } from './package-tests.ts';
import { type PackedText, PackedTexts } from './packed-texts.ts';

/** An OVAL document: the texts of its definitions in order, and the tests they reference. */
export interface OvalDocument {
  readonly definitions: Iterable<PackedText>;
  readonly tests: PackageTests;
  /** The time at which it was written, if it states one. */
  readonly timestamp: string | undefined;
}

/**
 * Reads an OVAL 5 document in one pass. Definitions precede the tests, objects and states they reference, so their texts are stored
 * compressed until all are known. Throws `XmlStreamError` or `UnexpectedContent` with the line if the document is invalid.
 */
export async function readOval(body: AsyncIterable<Uint8Array>): Promise<OvalDocument> {
  const definitions = new PackedTexts();
  const tests = new PackageTests();
  let count = 0;
  let timestamp: string | undefined;
  for await (const texts of xmlTextsByPiece(body, { root: 'oval_definitions', level: 2 })) {
    for (const text of texts) {
      if (text.parent === 'definitions') {
        definitions.push(text);
        count++;
      } else if (text.parent === 'generator') {
        const element = text.element();
        if (element.name.endsWith('timestamp')) timestamp = element.text.trim();
      } else {
        tests.add(text);
      }
    }
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it holds no definition');
  return { definitions, tests, timestamp };
}
