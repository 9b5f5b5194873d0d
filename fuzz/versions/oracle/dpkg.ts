import { compile, installed } from './compile.ts';
import { LineProcess } from './line-process.ts';
import type { Oracle } from './oracle.ts';

/** dpkg through libdpkg. */
export function openDpkg(): Oracle {
  const program = compile({
    source: 'dpkg.c',
    libraries: ['dpkg', 'md'],
    packages: 'gcc, libc6-dev and libdpkg-dev',
  });
  return new LineProcess(installed('libdpkg-dev'), program);
}
