import { semver } from '../../../src/version/semver.ts';
import { characterOf, type Grammar, number, oneOf, optional, repeat, sequence } from '../grammar.ts';
import { openSemver } from '../oracle/go.ts';
import type { Subject } from './subject.ts';

/** Without the leading zeros that make a version invalid, but for some. */
const plain = oneOf(
  characterOf('0123456789'),
  characterOf('0123456789'),
  characterOf('0123456789'),
  sequence(characterOf('129'), repeat(characterOf('0123456789'), 1, 3)),
  sequence(characterOf('129'), repeat(characterOf('0123456789'), 1, 3)),
  sequence(characterOf('129'), repeat(characterOf('0129'), 12, 40)),
);
const core = optional(plain, 0.98);
const word = oneOf('a', 'alpha', 'beta', 'rc', 'A', 'Z', 'z', '-', 'x-', '0a', 'b', 'x', 'dev');
const identifier = oneOf(
  plain,
  plain,
  plain,
  word,
  word,
  word,
  sequence(word, number),
  optional(number, 0.9),
);

/** Identifiers as pre-releases and builds have them, one of them empty at times. */
export const identifiers: Grammar = sequence(identifier, repeat(sequence('.', identifier), 0, 3));

/** SemVer 2.0.0, with errors: leading zeros, empty identifiers, too few numbers. */
export const semverGrammar: Grammar = sequence(
  optional('v', 0.1),
  core,
  sequence('.', core),
  optional(sequence('.', core), 0.95),
  optional(sequence('-', identifiers), 0.6),
  optional(sequence('+', identifiers), 0.2),
);

/** SemVer 2.0.0. */
export const semverSubject: Subject = {
  scheme: semver,
  grammar: semverGrammar,
  alphabet: '0019.-+azAZv_é',
  open: openSemver,
};
