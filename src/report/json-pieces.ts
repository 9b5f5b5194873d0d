/**
 * A document as indented JSON with a line break at the end, in pieces, so that a report of a thousand findings is never one string. Keys
 * stand in the order they were put in, those that are undefined are left out. A list may be anything that can be gone through: it is
 * written as it comes. An element of a list is one piece, unless a list in it is still to be made.
 */
export function* jsonPieces(document: object): Iterable<string> {
  yield* objectPieces(document, '\n');
  yield '\n';
}

function* objectPieces(object: object, lineBreak: string): Iterable<string> {
  const inner = `${lineBreak}  `;
  let before = '{';
  for (const [key, member] of Object.entries(object) as [string, unknown][]) {
    if (member === undefined) continue;
    yield `${before}${inner}${whole(key, inner)}: `;
    yield* memberPieces(member, inner);
    before = ',';
  }
  yield before === '{' ? '{}' : `${lineBreak}}`;
}

function* memberPieces(member: unknown, lineBreak: string): Iterable<string> {
  if (typeof member !== 'object' || member === null) yield whole(member, lineBreak);
  else if (Symbol.iterator in member) yield* listPieces(member as Iterable<unknown>, lineBreak);
  else yield* objectPieces(member, lineBreak);
}

function* listPieces(list: Iterable<unknown>, lineBreak: string): Iterable<string> {
  const inner = `${lineBreak}  `;
  let before = '[';
  for (const element of list) {
    if (isUnmade(element)) {
      yield before + inner;
      yield* objectPieces(element, inner);
    } else yield before + inner + whole(element, inner);
    before = ',';
  }
  yield before === '[' ? '[]' : `${lineBreak}]`;
}

/** Whether a member of an object is a list that is made while it is written. */
function isUnmade(element: unknown): element is object {
  if (typeof element !== 'object' || element === null) return false;
  return Object.values(element).some(
    (member: unknown) =>
      typeof member === 'object' && member !== null && Symbol.iterator in member && !Array.isArray(member),
  );
}

/** A value at once. Controls that JSON leaves as they are become escapes, since reports are read at terminals, too. */
function whole(value: unknown, lineBreak: string): string {
  return JSON.stringify(value, null, 2)
    .replaceAll('\n', lineBreak)
    .replaceAll(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}
