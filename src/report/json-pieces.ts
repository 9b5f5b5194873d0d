import type { KeyOrder } from './key-order.ts';

/**
 * An object as indented JSON with a line break at the end, in pieces of one list element each, so that a report of a
 * thousand findings is never one string. Keys stand in the given order; others are not written.
 */
export function* jsonPieces(value: object, order: KeyOrder): Iterable<string> {
  let separator = '{\n';
  for (const key of Object.keys(order)) {
    const member: unknown = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    yield `${separator}  ${JSON.stringify(key)}: `;
    yield* memberPieces(member, order[key]);
    separator = ',\n';
  }
  yield '\n}\n';
}

function* memberPieces(member: unknown, order: KeyOrder | 'value' | undefined): Iterable<string> {
  if (!Array.isArray(member) || member.length === 0) {
    yield text(member, order, '  ');
    return;
  }
  let separator = '[\n    ';
  for (const element of member) {
    yield separator + text(element, order, '    ');
    separator = ',\n    ';
  }
  yield '\n  ]';
}

/** Indented JSON. Controls that JSON leaves as they are become escapes, since reports are read at terminals, too. */
function text(value: unknown, order: KeyOrder | 'value' | undefined, indent: string): string {
  return JSON.stringify(ordered(value, order), null, 2)
    .replaceAll('\n', `\n${indent}`)
    .replaceAll(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}

/** A value with the keys of its objects in the given order; others are left out. */
export function ordered(value: unknown, order: KeyOrder | 'value' | undefined): unknown {
  if (order === undefined || order === 'value' || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((element) => ordered(element, order));
  const fields = value as Record<string, unknown>;
  return Object.fromEntries(Object.keys(order).map((key) => [key, ordered(fields[key], order[key])]));
}
