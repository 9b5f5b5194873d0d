/**
 * Yields a document as indented JSON with a final line break, in chunks, so that a large report is never one string. Keys keep their
 * insertion order; undefined members are left out. A list may be any iterable and is written while it is iterated. Each element of a list
 * is one chunk, unless it contains a lazy list.
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

/** Returns whether a member of an object is an iterable other than an array. */
function isLazy(element: unknown): element is object {
  if (typeof element !== 'object' || element === null) return false;
  return Object.values(element).some(
    (member: unknown) =>
      typeof member === 'object' && member !== null && Symbol.iterator in member && !Array.isArray(member),
  );
}

/** Serializes a value at once. Escapes control characters that JSON permits, because reports are also shown on terminals. */
function stringify(value: unknown, lineBreak: string): string {
  return JSON.stringify(value, null, 2)
    .replaceAll('\n', lineBreak)
    .replaceAll(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}
