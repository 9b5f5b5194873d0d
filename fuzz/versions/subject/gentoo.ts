import { gentoo } from '../../../src/version/gentoo.ts';
import { characterOf, number, oneOf, optional, repeat, sequence } from '../grammar.ts';
import { openPortage } from '../oracle/gentoo.ts';
import type { Subject } from '../subject.ts';

/** Numbers that begin or end with zeros, whose order is a special case. */
const zeros = oneOf('0', '00', '01', '010', '0100', '001', '10', '100', '09');
const suffix = sequence(
  '_',
  oneOf('alpha', 'beta', 'pre', 'rc', 'p', 'p', 'x'),
  optional(oneOf(number, zeros), 0.6),
);

/** PMS, section 3.2, with errors. */
export const subject: Subject = {
  scheme: gentoo,
  grammar: sequence(
    oneOf(number, number, zeros),
    repeat(sequence('.', oneOf(number, zeros)), 0, 4),
    optional(characterOf('abzZ'), 0.3),
    repeat(suffix, 0, 3),
    optional(sequence('-r', oneOf(number, zeros)), 0.4),
  ),
  alphabet: '0019..._-rpabz',
  open: openPortage,
};
