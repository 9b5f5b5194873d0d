/**
 * A document as indented JSON with a line break at the end, piece by piece. Keys stand in the order they were put in, those that
 * are undefined are left out, and a list may be anything that can be gone through: it is written as it comes.
 */
export function* documentPieces(document: object): Iterable<string> {
  yield* valuePieces(document, '\n');
  yield '\n';
}

function* valuePieces(value: unknown, lineBreak: string): Iterable<string> {
  if (typeof value !== 'object' || value === null) yield scalarText(value);
  else if (Symbol.iterator in value) yield* listPieces(value as Iterable<unknown>, lineBreak);
  else yield* objectPieces(value, lineBreak);
}

function* listPieces(list: Iterable<unknown>, lineBreak: string): Iterable<string> {
  const inner = `${lineBreak}  `;
  let before = '[';
  for (const element of list) {
    yield before + inner;
    yield* valuePieces(element, inner);
    before = ',';
  }
  yield before === '[' ? '[]' : `${lineBreak}]`;
}

function* objectPieces(object: object, lineBreak: string): Iterable<string> {
  const inner = `${lineBreak}  `;
  let before = '{';
  for (const [key, member] of Object.entries(object) as [string, unknown][]) {
    if (member === undefined) continue;
    yield `${before}${inner}${scalarText(key)}: `;
    yield* valuePieces(member, inner);
    before = ',';
  }
  yield before === '{' ? '{}' : `${lineBreak}}`;
}

/** A scalar as JSON. Controls that JSON leaves as they are become escapes, since reports are read at terminals, too. */
function scalarText(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\x7f-\x9f]/g,
    (control) => `\\u00${control.charCodeAt(0).toString(16)}`,
  );
}
