import type { Subject } from './subject.ts';

/** Characters and words that patterns repeat or start with. */
export const units: readonly string[] = [
  ...[
    '(',
    ')',
    '*',
    ' ',
    '\n',
    '-',
    '.',
    '0',
    '9',
    'a',
    'A',
    '"',
    "'",
    '/',
    ':',
    ',',
    ';',
    '_',
    '+',
    '~',
    '<',
  ],
  ...['[', ']', '{', '}', '%', '\\', '#', '@', '=', '|', '&', '\t', '\r\n', 'é'],
  ...[
    '(a',
    '1.',
    'a1',
    '-1',
    '. ',
    ': ',
    'CVE-2024-0001 ',
    "(note: '",
    ' Update Instructions:',
    ' Module ',
    ' 12',
  ],
  ...['vex/cve/', ' is signed with the Oracle Linux ', '\n\n ', '[x] ', 'bz#1,', 'SUSE ', '%0', '/*', 'pkg:'],
];

/** Maximum number of insertion points per document. */
const insertionPointsMax = 128;

/** Returns the offsets where a run can be inserted so that the document stays valid. */
export function insertionPointsOf({ syntax, document }: Subject): number[] {
  const places = { json: jsonPlaces, xml: xmlPlaces, text: textPlaces }[syntax](document);
  const step = Math.max(1, Math.ceil(places.length / insertionPointsMax));
  return places.filter((_, i) => i % step === 0);
}

/** Inserts a unit at an offset, repeated up to a number of characters. */
export function withRun(
  { syntax, document }: Subject,
  place: number,
  unit: string,
  characters: number,
): string {
  const escaped = { json: escapeJson, xml: escapeXml, text: (text: string) => text }[syntax](unit);
  const run = escaped.repeat(Math.ceil(characters / escaped.length));
  return document.slice(0, place) + run + document.slice(place);
}

/**
 * Returns the start and end of every string, including names of members. A pattern such as `/x+$/` is slow if something follows the run.
 */
function jsonPlaces(document: string): number[] {
  return Array.from(document.matchAll(/"(?:[^"\\]|\\.)*"/g), ({ 0: text, index }) => [
    index + 1,
    index + text.length - 1,
  ]).flat();
}

/** Returns the start and end of every attribute and every text. */
function xmlPlaces(document: string): number[] {
  return Array.from(document.matchAll(/(?<==")[^"]*(?=")|(?<=[^?]>)[^<]+(?=<)/g), ({ 0: text, index }) => [
    index,
    index + text.length,
  ]).flat();
}

/** Returns the end of every word and of every separator. */
function textPlaces(document: string): number[] {
  return Array.from(document.matchAll(/\w+|\W+/g), ({ 0: text, index }) => index + text.length);
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
