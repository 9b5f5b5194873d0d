import { alpm } from '../../../src/version/alpm.ts';
import { characterOf, number, oneOf, optional, repeat, sequence } from '../grammar.ts';
import { openAlpm } from '../oracle/alpm.ts';
import type { Subject } from './subject.ts';

const word = oneOf('a', 'b', 'aa', 'rc', 'alpha', 'r', 'g', 'A', 'Z', 'z');
const separator = oneOf('.', '.', '.', '_', '+', '..', '._.', '');
const piece = sequence(separator, oneOf(number, number, word, sequence(word, number)));
const strange = characterOf(' !:~^$\x01äß€\u{1f41a}');

/** alpm-package-version(7), with separators of any length, at the end too, and strange characters. */
export const alpmSubject: Subject = {
  scheme: alpm,
  grammar: sequence(
    optional(sequence(optional(number, 0.9), ':'), 0.3),
    optional(separator, 0.1),
    oneOf(number, number, word, ''),
    repeat(piece, 0, 4),
    optional(separator, 0.1),
    optional(strange, 0.05),
    optional(sequence('-', number, repeat(piece, 0, 2)), 0.8),
  ),
  alphabet: '0019.+-_:aZzb ,~@é\x01',
  open: openAlpm,
};
