import { semver } from '../../../src/version/semver.ts';
import { characterOf, type Grammar, oneOf, optional, repeat, sequence } from '../grammar.ts';
import { openSemver } from '../oracle/go.ts';
import type { Subject } from '../subject.ts';

const digits = '0123456789';
/** Without leading zeros, which make a version invalid. */
const short = oneOf(
  characterOf(digits),
  characterOf(digits),
  sequence(characterOf('129'), repeat(characterOf(digits), 1, 3)),
  sequence(characterOf('129'), repeat(characterOf(digits), 1, 7)),
);
const long = sequence(characterOf('129'), repeat(characterOf('0129'), 12, 40));
const word = oneOf('a', 'alpha', 'beta', 'rc', 'A', 'Z', 'z', '-', 'x-', '0a', 'b', 'x', 'dev');

/** Returns a grammar for identifiers of pre-releases and builds, with numbers of one kind. Sometimes one is empty or has a leading zero. */
function identifiersOf(number: Grammar): Grammar {
  const odd = optional(oneOf(number, '01', '00'), 0.9);
  const identifier = oneOf(number, number, number, word, word, word, sequence(word, number), odd);
  return sequence(identifier, repeat(sequence('.', identifier), 0, 3));
}

function versionOf(number: Grammar): Grammar {
  const core = optional(number, 0.98);
  return sequence(
    optional('v', 0.1),
    core,
    sequence('.', core),
    optional(sequence('.', core), 0.95),
    optional(sequence('-', identifiersOf(number)), 0.6),
    optional(sequence('+', identifiersOf(number)), 0.2),
  );
}

/** SemVer 2.0.0, with errors: leading zeros, empty identifiers, too few numbers. */
export const semverGrammar: Grammar = versionOf(oneOf(short, short, short, long));

/** The same, with numbers that JavaScript represents exactly. */
export const shortSemverGrammar: Grammar = versionOf(short);

/** Identifiers with numbers that JavaScript represents exactly. */
export const shortIdentifiers: Grammar = identifiersOf(short);

/** SemVer 2.0.0. */
export const subject: Subject = {
  scheme: semver,
  grammar: semverGrammar,
  alphabet: '0019.-+azAZv_é',
  open: openSemver,
};
