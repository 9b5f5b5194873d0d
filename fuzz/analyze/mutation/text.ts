import type { Random } from '../../random.ts';
import { inputBytesMax, type Mutation, placeIn, replaced } from './mutation.ts';

/** Characters and byte sequences that often break text parsers, such as line ends that regular expressions do not match. */
const oddities: readonly Buffer[] = [
  ...[
    '\0',
    '\r',
    '\r\n',
    '\n',
    '\n\n',
    '\t',
    ' ',
    ' #',
    '\\',
    '"',
    "'",
    '$',
    '(',
    ')',
    ':',
    '=',
    '/',
    '../',
    '-',
    '.',
  ],
  ...[
    '\u2028',
    '\u2029',
    '\u0085',
    '\u009b31m',
    '\u001b[31m',
    '\u202e',
    '\ufeff',
    '\u00a0',
    '\u{1f600}',
    '\u0130',
    '\u007f',
  ],
].map((text) => Buffer.from(text));
const invalid: readonly Buffer[] = [
  [0x80],
  [0xc3],
  [0xff],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xc0, 0xaf],
].map((bytes) => Buffer.from(bytes));

const insertOddity: Mutation = (bytes, random) => {
  const place = placeIn(bytes.length, random);
  return replaced(bytes, place, place, random.pick(random.chance(0.8) ? oddities : invalid));
};

/** Repeats one character as often as the size limit allows. Reveals backtracking in regular expressions. */
const stretchCharacter: Mutation = (bytes, random) => {
  const place = placeIn(bytes.length, random);
  const piece = random.chance(0.5)
    ? bytes.subarray(place, place + 1 + random.below(3))
    : random.pick(oddities);
  const capacity = Math.max(inputBytesMax - bytes.length - 64, 0);
  const length = Math.min(capacity, 1 + random.below(random.chance(0.15) ? inputBytesMax : 256));
  if (piece.length === 0 || length === 0) return bytes;
  return replaced(bytes, place, place, Buffer.alloc(length, piece));
};

/** Inserts a run of one character, followed by one that makes the match fail: the worst case of backtracking. */
const stretchThenSpoil: Mutation = (bytes, random) =>
  insertNear(stretchCharacter(bytes, random), random, random.pick([...oddities, Buffer.from('!')]));

/** Repeats a character of the text, followed by text that the rest of an expression does not match. */
export const goBack: Mutation = (bytes, random) => {
  if (bytes.length === 0 || bytes.length > inputBytesMax / 2) return bytes;
  const place = random.below(bytes.length);
  const run = Buffer.alloc(inputBytesMax / 2 - 64, bytes.subarray(place, place + 1 + random.below(2)));
  const end = Buffer.from(random.pick(['!', 'x\u2028x', '\u2028x', ' !', '"x', '\n']));
  return replaced(bytes, place, place + 1, Buffer.concat([run, end]));
};

function insertNear(bytes: Buffer, random: Random, piece: Buffer): Buffer {
  const lineFeed = bytes.indexOf(0x0a, placeIn(bytes.length, random));
  const place = lineFeed === -1 ? bytes.length : lineFeed;
  return replaced(bytes, place, place, Buffer.concat([piece, Buffer.from('x')]));
}

function changeLines(change: (lines: string[], random: Random) => void): Mutation {
  return (bytes, random) => {
    const lines = bytes.toString('latin1').split('\n');
    change(lines, random);
    return Buffer.from(lines.join('\n'), 'latin1');
  };
}

const removeLine = changeLines((lines, random) => lines.splice(random.below(lines.length), 1));

const repeatLine = changeLines((lines, random) => {
  const line = random.pick(lines);
  lines.splice(random.below(lines.length), 0, ...Array.from({ length: 1 + random.below(40) }, () => line));
});

const moveLine = changeLines((lines, random) => {
  const [line = ''] = lines.splice(random.below(lines.length), 1);
  lines.splice(placeIn(lines.length, random), 0, line);
});

/** Repeats an entry with different numbers. */
const numberLines = changeLines((lines, random) => {
  const from = random.below(lines.length);
  const entry = lines.slice(from, from + 1 + random.below(6));
  const count = Math.floor(inputBytesMax / 2 / (entry.join('\n').length + 8));
  for (let number = 0; number < Math.min(count, 1 + random.below(2000)); number++)
    lines.push(...entry.map((line) => `${line}${number}`), '');
});

/** Mutations for all text formats. */
export const textMutations: readonly Mutation[] = [
  insertOddity,
  insertOddity,
  stretchCharacter,
  stretchThenSpoil,
  goBack,
  removeLine,
  repeatLine,
  moveLine,
  numberLines,
];

/** Inserts one of the words, or overwrites text with it. */
export function words(...texts: readonly string[]): Mutation {
  const pieces = texts.map((text) => Buffer.from(text));
  return (bytes, random) => {
    const place = placeIn(bytes.length, random);
    const piece = random.pick(pieces);
    return replaced(
      bytes,
      place,
      random.chance(0.5) ? place : Math.min(place + piece.length, bytes.length),
      piece,
    );
  };
}
