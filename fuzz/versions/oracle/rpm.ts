import { compile, installed } from './compile.ts';
import { LineProcess } from './line-process.ts';
import type { Oracle } from './oracle.ts';

/** rpm through librpmio. */
export function openRpm(): Oracle {
  const program = compile({
    source: 'rpm.c',
    libraries: ['rpmio'],
    packages: 'gcc, libc6-dev and librpm-dev',
  });
  return new LineProcess(installed('librpm-dev'), program);
}
