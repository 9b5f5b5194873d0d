import { fstatSync } from 'node:fs';

/** Answers that do not depend on the machine: `tools/bundle.ts` makes them from the program. */
export interface FixedAnswers {
  readonly version: string;
  /** Reads the help of each command, by its path. */
  readonly readHelp: () => Readonly<Record<string, string>>;
}

/**
 * Returns the answer to a command line that asks only for the version or for help. Undefined if the program must run. Loading it takes more
 * time than `node` does. On a terminal, the program fits its help to the width.
 */
export function fixedAnswer(
  argv: readonly string[],
  { version, readHelp }: FixedAnswers,
): string | undefined {
  const [last = ''] = argv.slice(-1);
  if (argv.length === 1 && (last === '--version' || last === '-V')) return `${version}\n`;
  if ((last !== '--help' && last !== '-h') || isTerminal()) return undefined;
  const words = argv.slice(0, -1);
  if (words.some((word) => word.includes(' '))) return undefined;
  const texts = new Map(Object.entries(readHelp()));
  return texts.get(words.join(' '));
}

function isTerminal(): boolean {
  // Checks the file descriptor first, because creating `process.stdout` takes milliseconds.
  return fstatSync(1).isCharacterDevice() && process.stdout.isTTY;
}
