import { gem } from '../../../src/version/gem.ts';
import { number, oneOf, optional, repeat, sequence } from '../grammar.ts';
import { openGem } from '../oracle/gem.ts';
import type { Subject } from '../subject.ts';

const word = oneOf('a', 'b', 'aa', 'rc', 'pre', 'beta', 'A', 'Z', 'x');
const segment = oneOf(number, '0', '0', word, sequence(word, number), sequence(number, word));

/** Gem::Version, with long runs of zeros and errors. */
export const subject: Subject = {
  scheme: gem,
  grammar: sequence(
    oneOf(number, number, '0', ''),
    repeat(sequence('.', segment), 0, 5),
    optional(sequence(repeat('.0', 20, 70), optional(sequence('.', segment))), 0.1),
    optional(sequence('-', segment, repeat(sequence(oneOf('.', '-'), segment), 0, 2)), 0.2),
  ),
  alphabet: '0001.-abzAZ _é',
  open: openGem,
};
