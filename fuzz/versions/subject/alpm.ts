import { alpm } from '../../../src/version/alpm.ts';
import { characterOf, number, oneOf, optional, repeat, sequence } from '../grammar.ts';
import { openAlpm } from '../oracle/alpm.ts';
import type { Subject } from '../subject.ts';

const word = oneOf('a', 'b', 'aa', 'rc', 'r', 'git', 'A', 'Z', 'z');
const separator = oneOf('.', '.', '.', '_', '+', '..', '+.', '...', '');
const piece = sequence(separator, oneOf(number, number, word, sequence(word, number)));
const invalidCharacter = characterOf(' !:$~^\x01äß€\u{1f41a}');

/** alpm-pkgver(7), with repeated and trailing separators and invalid characters. */
export const subject: Subject = {
  scheme: alpm,
  grammar: sequence(
    optional(sequence(optional(number, 0.9), ':'), 0.3),
    oneOf(number, word, ''),
    repeat(piece, 0, 4),
    optional(invalidCharacter, 0.05),
    optional(separator, 0.1),
    optional(sequence('-', oneOf(number, word, ''), repeat(piece, 0, 2)), 0.7),
  ),
  alphabet: '0019.._+-~:aZzb ,/@é\x01',
  open: openAlpm,
};
