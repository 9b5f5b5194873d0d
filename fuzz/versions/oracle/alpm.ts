import { compile, installed } from './compile.ts';
import { LineProcess } from './line-process.ts';
import type { Oracle } from './oracle.ts';

/** libalpm, whose order vercmp prints. */
export function openAlpm(): Oracle {
  const program = compile({
    source: 'alpm.c',
    libraries: ['alpm'],
    packages: 'gcc, libc6-dev, libalpm-dev and libarchive-dev',
  });
  return new LineProcess(installed('libalpm-dev'), program);
}
