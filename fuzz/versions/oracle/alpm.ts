import { compile, installed } from './compile.ts';
import { LineProcess } from './line-process.ts';
import type { Oracle } from './oracle.ts';

/** Pacman itself, through libalpm. */
export function openAlpm(): Oracle {
  const program = compile({
    source: 'alpm.c',
    libraries: ['alpm'],
    packages: 'gcc, libc6-dev and libalpm-dev',
  });
  return new LineProcess(installed('libalpm-dev'), program);
}
