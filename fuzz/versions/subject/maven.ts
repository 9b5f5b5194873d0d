import { maven } from '../../../src/version/maven.ts';
import { number, oneOf, optional, repeat, sequence } from '../grammar.ts';
import { openMaven } from '../oracle/maven.ts';
import type { Subject } from '../subject.ts';

const word = oneOf(
  'alpha',
  'a',
  'b',
  'm',
  'beta',
  'milestone',
  'rc',
  'cr',
  'SNAPSHOT',
  'ga',
  'final',
  'RELEASE',
  'sp',
  'x',
  'redhat',
  'jre',
);
const separator = oneOf('.', '.', '.', '-', '-', '', '_', '+');
const zeros = oneOf('0', '0', '0000000000', '000000000', '000000000000000000', '0000000000000000000');

/** ComparableVersion accepts every text. These consist of numbers, zeros of all lengths and the known words. */
export const subject: Subject = {
  scheme: maven,
  grammar: sequence(
    oneOf(number, number, number, word, ''),
    repeat(sequence(separator, oneOf(number, number, zeros, word, sequence(word, number))), 0, 5),
    optional('-SNAPSHOT', 0.1),
  ),
  alphabet: '0019.-abmxrcsp_+ é',
  open: openMaven,
};
