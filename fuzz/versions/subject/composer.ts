import { composer } from '../../../src/version/composer.ts';
import { characterOf, number, oneOf, optional, repeat, sequence } from '../grammar.ts';
import { openComposer } from '../oracle/composer.ts';
import type { Subject } from '../subject.ts';

const separator = oneOf('', '', '.', '-', '_');
const stability = oneOf(
  'stable',
  'beta',
  'b',
  'rc',
  'RC',
  'Rc',
  'alpha',
  'a',
  'patch',
  'pl',
  'p',
  'BETA',
  'STABLE',
);
const date = oneOf('20240101', '2024.01.01', '2024-01-01-120000', '20240101120000', '2024010112000012');
const level = oneOf(number, 'x', '*', 'X');

/** Versions for Composer\Semver\VersionParser: numbers, dates, branches, aliases; with errors. */
export const subject: Subject = {
  scheme: composer,
  grammar: oneOf(
    sequence(
      optional(oneOf('v', 'V', ' '), 0.2),
      oneOf(sequence(number, repeat(sequence('.', number), 0, 4)), date),
      optional(
        sequence(
          separator,
          stability,
          optional(sequence(separator, number, optional(sequence('.', number), 0.2))),
        ),
        0.6,
      ),
      optional(sequence(separator, oneOf('dev', 'DEV')), 0.2),
      optional(oneOf('+build.1', '@beta', ' as 1.0', '+a@dev'), 0.1),
    ),
    sequence(number, repeat(sequence('.', level), 0, 4), characterOf('.-'), 'dev'),
    oneOf('dev-main', 'master', 'DEV-x', 'trunk'),
  ),
  alphabet: '0019.-_+abpx:dev* v@é',
  open: openComposer,
};
