import { rpm } from '../../../src/version/rpm.ts';
import { characterOf, number, oneOf, optional, repeat, sequence } from '../grammar.ts';
import { openRpm } from '../oracle/rpm.ts';
import type { Subject } from '../subject.ts';

const word = oneOf('a', 'b', 'aa', 'rc', 'git', 'el', 'fc', 'A', 'Z', 'z');
const separator = oneOf('.', '.', '.', '_', '+', '~', '^', '~^', '..', '');
const piece = sequence(separator, oneOf(number, number, word, sequence(word, number)));
const strange = characterOf(' !:$\x01äß€\u{1f41a}');

/** rpm-version(7), with characters that do not separate and invalid ones. */
export const subject: Subject = {
  scheme: rpm,
  grammar: sequence(
    optional(sequence(optional(number, 0.9), ':'), 0.3),
    oneOf(number, word, ''),
    repeat(piece, 0, 4),
    optional(strange, 0.05),
    optional(sequence('-', oneOf(number, word, ''), repeat(piece, 0, 2)), 0.6),
  ),
  alphabet: '0019.+-~^:aZzb _,/@é\x01',
  open: openRpm,
};
