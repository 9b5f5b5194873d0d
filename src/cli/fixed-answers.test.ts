import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { fixedAnswer } from './fixed-answers.ts';

const answers = { version: '1.2.3', readHelp: () => ({ '': 'all', 'db build': 'of db build' }) };

for (const [argv, expected] of [
  [['--version'], '1.2.3\n'],
  [['-V'], '1.2.3\n'],
  [['--help'], 'all'],
  [['db', 'build', '-h'], 'of db build'],
  // The program answers these, or reports an error in them.
  [[], undefined],
  [['scan', '--version'], undefined],
  [['--help', '--version'], undefined],
  [['db build', '--help'], undefined],
  [['db', 'burn', '--help'], undefined],
  [['__proto__', '--help'], undefined],
  [['db', 'build', '--', '--help'], undefined],
] as const)
  test(`answers ${JSON.stringify(argv)} with ${expected?.trim() ?? 'nothing'}`, () => {
    equal(fixedAnswer(argv, answers), expected);
  });
