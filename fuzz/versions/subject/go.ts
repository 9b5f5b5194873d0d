import { go } from '../../../src/version/go.ts';
import { characterOf, number, oneOf, optional, sequence } from '../grammar.ts';
import { openGo } from '../oracle/go.ts';
import type { Subject } from '../subject.ts';
import { semverGrammar } from './semver.ts';

const pseudo = sequence(
  'v0.',
  characterOf('0123'),
  '.0-',
  optional('0.'),
  oneOf('20240101', '20231231'),
  '120000-',
  oneOf('abc', '012'),
);

/** Go modules, https://go.dev/ref/mod#versions, with short forms, pseudo-versions and errors. */
export const subject: Subject = {
  scheme: go,
  grammar: oneOf(
    semverGrammar,
    semverGrammar,
    pseudo,
    sequence('v', number, optional(sequence('.', number))),
    sequence(semverGrammar, '+incompatible'),
  ),
  alphabet: '0019.-+azAZv_é',
  open: openGo,
};
