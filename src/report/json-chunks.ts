/**
 * Yields a document as indented JSON with a final line break, in chunks, so that a large report is never one string. Keys keep their
 * insertion order; undefined members are left out. A list may be any iterable and is written while it is iterated. Some elements of a list
 * are one chunk, unless one contains a lazy list.
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

/** The elements of a list that were written before, as `writeElements` does for a list in the outermost object. */
export class WrittenList {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Writes the elements of a list in the outermost object of a document. */
export function writeElements(list: Iterable<unknown>): string {
  // Without the bracket before them, and the line break, indentation and bracket after them.
  return [...listChunks(list, '\n  ')].join('').slice(1, -4);
}

function* memberChunks(member: unknown, lineBreak: string): Iterable<string> {
  if (member instanceof WrittenList) {
    yield* member.text === '' ? ['[]'] : ['[', member.text, `${lineBreak}]`];
    return;
  }
  if (typeof member !== 'object' || member === null) yield stringify(member, lineBreak);
  else if (Symbol.iterator in member) yield* listChunks(member as Iterable<unknown>, lineBreak);
  else yield* objectChunks(member, lineBreak);
}

/** Elements of a list that are serialized at once. That takes half of the time of one after the other. */
const elementsAtOnce = 64;

function* listChunks(list: Iterable<unknown>, lineBreak: string): Iterable<string> {
  let before = '[';
  let open: unknown[] = [];
  for (const element of list) {
    const isList = isLazy(element);
    if (!isList) open.push(element);
    if (open.length === elementsAtOnce || (isList && open.length > 0)) {
      yield before + stringifyElements(open, lineBreak);
      before = ',';
      open = [];
    }
    if (!isList) continue;
    yield `${before}${lineBreak}  `;
    yield* objectChunks(element, `${lineBreak}  `);
    before = ',';
  }
  if (open.length > 0) yield before + stringifyElements(open, lineBreak);
  yield before === '[' && open.length === 0 ? '[]' : `${lineBreak}]`;
}

/** Serializes elements of a list, each after a line break. Lists around them give them their indentation. */
function stringifyElements(elements: readonly unknown[], lineBreak: string): string {
  const depth = (lineBreak.length - 1) / 2;
  let nested: unknown = elements;
  for (let level = 0; level < depth; level++) nested = [nested];
  const text = JSON.stringify(nested, null, 2);
  // Each list around them begins with a bracket and a line break, and ends with both.
  const indentations = depth * (depth + 1);
  return escapeControls(text.slice(1 + 2 * depth + indentations, -(2 * (depth + 1) + indentations)));
}

/** Returns whether a member of an object is an iterable other than an array. */
function isLazy(element: unknown): element is object {
  if (typeof element !== 'object' || element === null) return false;
  return Object.values(element).some(
    (member: unknown) =>
      typeof member === 'object' && member !== null && Symbol.iterator in member && !Array.isArray(member),
  );
}

/** Serializes a value at once. */
function stringify(value: unknown, lineBreak: string): string {
  return escapeControls(JSON.stringify(value, null, 2).replaceAll('\n', lineBreak));
}

/** Escapes control characters that JSON permits, because reports are also shown on terminals. */
function escapeControls(text: string): string {
  return text.replaceAll(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}
