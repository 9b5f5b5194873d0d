/**
 * A document as indented JSON with a line break at the end, in pieces, so that a report of a thousand findings is never one string. Keys
 * stand in the order they were put in, those that are undefined are left out. A list may be anything that can be gone through: it is
 * written as it comes. An element of a list is one piece, unless a list in it is still to be made.
 */
export function* jsonChunks(document: object): Iterable<string> {
  yield* objectChunks(document, '\n');
  yield '\n';
}

function* objectChunks(object: object, lineBreak: string): Iterable<string> {
  const inner = `${lineBreak}  `;
  let before = '{';
  for (const [key, member] of Object.entries(object) as [string, unknown][]) {
    if (member === undefined) continue;
    yield `${before}${inner}${stringify(key, inner)}: `;
    yield* memberChunks(member, inner);
    before = ',';
  }
  yield before === '{' ? '{}' : `${lineBreak}}`;
}

function* memberChunks(member: unknown, lineBreak: string): Iterable<string> {
  if (typeof member !== 'object' || member === null) yield stringify(member, lineBreak);
  else if (Symbol.iterator in member) yield* listChunks(member as Iterable<unknown>, lineBreak);
  else yield* objectChunks(member, lineBreak);
}

function* listChunks(list: Iterable<unknown>, lineBreak: string): Iterable<string> {
  const inner = `${lineBreak}  `;
  let before = '[';
  for (const element of list) {
    if (isLazy(element)) {
      yield before + inner;
      yield* objectChunks(element, inner);
    } else yield before + inner + stringify(element, inner);
    before = ',';
  }
  yield before === '[' ? '[]' : `${lineBreak}]`;
}

/** Whether a member of an object is a list that is made while it is written. */
function isLazy(element: unknown): element is object {
  if (typeof element !== 'object' || element === null) return false;
  return Object.values(element).some(
    (member: unknown) =>
      typeof member === 'object' && member !== null && Symbol.iterator in member && !Array.isArray(member),
  );
}

/** A value at once. Controls that JSON leaves as they are become escapes, since reports are read at terminals, too. */
function stringify(value: unknown, lineBreak: string): string {
  return JSON.stringify(value, null, 2)
    .replaceAll('\n', lineBreak)
    .replaceAll(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}
