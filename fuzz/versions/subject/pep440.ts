import { pep440 } from '../../../src/version/pep440.ts';
import { characterOf, number, oneOf, optional, repeat, sequence } from '../grammar.ts';
import { openPep440 } from '../oracle/pep440.ts';
import type { Subject } from '../subject.ts';

const separator = oneOf('', '', '.', '-', '_');
const numbered = (...words: readonly string[]) =>
  sequence(separator, oneOf(...words), separator, optional(number, 0.8));
const segment = oneOf(number, 'abc', 'ubuntu', 'a1', '1a', 'Z');

/** PEP 440 in all its spellings, with errors. */
export const subject: Subject = {
  scheme: pep440,
  grammar: sequence(
    optional(oneOf('v', ' ', 'V'), 0.05),
    optional(sequence(number, '!'), 0.1),
    number,
    repeat(sequence('.', number), 0, 4),
    optional(numbered('a', 'b', 'c', 'rc', 'alpha', 'beta', 'pre', 'preview', 'RC', 'Alpha'), 0.4),
    optional(oneOf(numbered('post', 'rev', 'r', 'POST'), sequence('-', number)), 0.3),
    optional(numbered('dev', 'DEV'), 0.3),
    optional(sequence('+', segment, repeat(sequence(characterOf('.-_'), segment), 0, 3)), 0.3),
  ),
  alphabet: '0019.-_+!abrcdevpost é',
  open: openPep440,
};
