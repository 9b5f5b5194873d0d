import { apk } from '../../../src/version/apk.ts';
import { characterOf, number, oneOf, optional, repeat, sequence } from '../grammar.ts';
import { openApk } from '../oracle/apk.ts';
import type { Subject } from '../subject.ts';

const suffix = sequence(
  '_',
  oneOf('alpha', 'beta', 'pre', 'rc', 'cvs', 'svn', 'git', 'hg', 'p', 'p', 'x', ''),
  optional(number, 0.6),
);

/** apk-package(5), with errors: wrong suffixes, empty parts. */
export const subject: Subject = {
  scheme: apk,
  grammar: sequence(
    number,
    repeat(sequence('.', optional(number, 0.98)), 0, 4),
    optional(characterOf('abz'), 0.2),
    repeat(suffix, 0, 2),
    optional(sequence('~', repeat(characterOf('0123456789abcdef'), 0, 5)), 0.1),
    optional(sequence('-r', optional(number, 0.98)), 0.5),
  ),
  alphabet: '0019.-~_abrpz Aé',
  open: openApk,
};
