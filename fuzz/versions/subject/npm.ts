import { npm } from '../../../src/version/npm.ts';
import { oneOf, optional, sequence } from '../grammar.ts';
import { openNpm } from '../oracle/npm.ts';
import type { Subject } from '../subject.ts';
import { shortIdentifiers, shortSemverGrammar } from './semver.ts';

const core = oneOf('1.2.3', '1.2.03', '01.0.0', '0.0.0', '1.2.9007199254740991', '1.2.9007199254740992');

/** Versions for node-semver in loose mode, with errors. Numbers are short, since its order is undefined above 2^53. */
export const subject: Subject = {
  scheme: npm,
  grammar: oneOf(
    shortSemverGrammar,
    sequence(
      optional(oneOf('=', 'v', ' ', '= v', ' =  '), 0.3),
      core,
      optional(oneOf('-', '')),
      optional(shortIdentifiers),
    ),
  ),
  alphabet: '0019.-+azAZv= _é',
  open: openNpm,
};
