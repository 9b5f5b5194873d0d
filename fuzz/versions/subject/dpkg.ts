import { dpkg } from '../../../src/version/dpkg.ts';
import { characterOf, number, oneOf, optional, repeat, sequence } from '../grammar.ts';
import { openDpkg } from '../oracle/dpkg.ts';
import type { Subject } from '../subject.ts';

const word = oneOf('a', 'b', 'rc', 'alpha', 'dfsg', 'ubuntu', 'deb', 'git', 'A', 'Z', 'z');
const separator = oneOf('.', '.', '.', '+', '~', '~~', '-', '');
const piece = sequence(separator, oneOf(number, number, word, sequence(word, number)));
const epoch = sequence(
  oneOf('', '', '', '', '+', '-', '00', '\r', '\v+'),
  oneOf(number, '0', '1', '2147483647', '2147483648'),
  ':',
);
const invalidCharacter = characterOf(' !_:$\v\x7fäß€\u{1f41a}');

/** deb-version(7), with errors. */
export const subject: Subject = {
  scheme: dpkg,
  grammar: sequence(
    optional(epoch, 0.3),
    number,
    repeat(piece, 0, 4),
    optional(invalidCharacter, 0.05),
    optional(sequence('-', oneOf(number, word, ''), repeat(piece, 0, 2)), 0.5),
  ),
  alphabet: '0019.+-~:aZzb _,/^@é\x01\v\r\x7f',
  open: openDpkg,
};
