import { createInterface } from 'node:readline';
import { ClairError } from '../core/errors.ts';
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { writeLines, writeText } from './output.ts';

/** Runs `clair compare-versions SCHEME A B`: prints the order of two versions by the native tool's rules. */
export function compareVersions(
  schemes: readonly VersionScheme[],
  name: string,
  a: string,
  b: string,
): number {
  writeLines([orderOf(schemeNamed(schemes, name), a, b)]);
  return 0;
}

/** Compares lines `SCHEME<TAB>A<TAB>B` of standard input and prints one result per line. Throws `usage` for other lines. */
export async function compareBatch(schemes: readonly VersionScheme[]): Promise<number> {
  let answers = '';
  let line = 0;
  for await (const text of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    const [scheme = '', a, b, ...more] = text.split('\t');
    if (a === undefined || b === undefined || more.length > 0) {
      throw new ClairError(
        'usage',
        `line ${line} is not SCHEME<TAB>A<TAB>B: ${JSON.stringify(text.slice(0, 80))}`,
      );
    }
    answers += `${orderOf(schemeNamed(schemes, scheme), a, b)}\n`;
    if (answers.length < 64 * 1024) continue;
    writeText([answers]);
    answers = '';
  }
  writeText([answers]);
  return 0;
}

/** Returns `<`, `=`, `>`, or `!` if the scheme cannot order the versions. */
function orderOf(scheme: VersionScheme, a: string, b: string): string {
  const order = scheme.compare(a, b);
  if (order === undefined) return '!';
  return order < 0 ? '<' : order > 0 ? '>' : '=';
}

function schemeNamed(schemes: readonly VersionScheme[], name: string): VersionScheme {
  const scheme = schemes.find((candidate) => candidate.name === name);
  if (scheme !== undefined) return scheme;
  const names = schemes.map((candidate) => candidate.name).join(', ');
  throw new ClairError('usage', `there is no version scheme ${JSON.stringify(name)}; there are ${names}`);
}
