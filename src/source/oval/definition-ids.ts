import { parseXmlText } from '../../kit/xml/xml-stream.ts';
import { type Criteria, type Criterion, readDefinition } from './definition.ts';
import type { PackedText } from './packed-texts.ts';

/** The ids in the text of a definition. */
export interface DefinitionIds {
  readonly id: string;
  /** Ids of all tests that its criteria reference. There may be others among them. */
  readonly testIds: readonly string[];
}

/** A start tag of which all attributes are plain: in double quotes, of visible ASCII without references. */
const plainTag = /^<(?:[\w.-]+:)?definition(?:\s+[\w.:-]+="[ !#-%'-;=-~]*")*\s*\/?>/;
const plainAttribute = /\s([\w.:-]+)="([^"]*)"/g;
const reference = 'test_ref';
const plainReference = /test_ref="([ !#-%'-;=-~]*)"/y;

/**
 * Finds the ids in the text of a definition. Parses it only if they are not written plainly. Throws an `XmlStreamError` or
 * `UnexpectedContent` if it then is not a definition.
 */
export function idsIn(text: PackedText): DefinitionIds {
  return plainIdsIn(text.bytes.toString('latin1')) ?? parsedIdsIn(text);
}

function plainIdsIn(text: string): DefinitionIds | undefined {
  const attributes = [...(plainTag.exec(text)?.[0] ?? '').matchAll(plainAttribute)];
  const id = attributes.find(([, name]) => name === 'id')?.[2];
  if (!id) return undefined;
  const testIds = new Set<string>();
  // Each mention counts, also one in the value of another attribute: that hides none after it.
  for (let at = text.indexOf(reference); at >= 0; at = text.indexOf(reference, at + 1)) {
    plainReference.lastIndex = at;
    const test = plainReference.exec(text)?.[1];
    if (test === undefined) return undefined;
    testIds.add(test);
  }
  return { id, testIds: [...testIds] };
}

function parsedIdsIn(text: PackedText): DefinitionIds {
  const { id, criteria } = readDefinition(parseXmlText(text));
  return { id, testIds: criteria === undefined ? [] : testsOf(criteria) };
}

function testsOf(node: Criteria | Criterion): string[] {
  return 'test' in node ? [node.test] : node.of.flatMap(testsOf);
}
