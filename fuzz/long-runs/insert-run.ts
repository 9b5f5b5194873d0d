import type { Subject } from './subject.ts';

/** Characters and words that patterns repeat over, or begin at. */
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

/** So many places of a document are tried at most. */
const insertionPointsMax = 128;

/** Where a run can be put into a document so that it stays well-formed. */
export function insertionPointsOf({ syntax, document }: Subject): number[] {
  const places = { json: jsonPlaces, xml: xmlPlaces, text: textPlaces }[syntax](document);
  const step = Math.max(1, Math.ceil(places.length / insertionPointsMax));
  return places.filter((_, i) => i % step === 0);
}

/** The document with a unit repeated to so many characters at a place. */
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

/** The start and the end of every string, names of members included: a pattern such as `/x+$/` is slow where something follows the run. */
function jsonPlaces(document: string): number[] {
  return Array.from(document.matchAll(/"(?:[^"\\]|\\.)*"/g), ({ 0: text, index }) => [
    index + 1,
    index + text.length - 1,
  ]).flat();
}

/** The start and the end of every attribute and every text. */
function xmlPlaces(document: string): number[] {
  return Array.from(document.matchAll(/(?<==")[^"]*(?=")|(?<=[^?]>)[^<]+(?=<)/g), ({ 0: text, index }) => [
    index,
    index + text.length,
  ]).flat();
}

/** The end of every word and of what stands between words. */
function textPlaces(document: string): number[] {
  return Array.from(document.matchAll(/\w+|\W+/g), ({ 0: text, index }) => index + text.length);
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
