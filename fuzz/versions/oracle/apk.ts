import { compile } from './compile.ts';
import { LineProcess } from './line-process.ts';
import type { Oracle } from './oracle.ts';

/** apk-tools 3 itself, through libapk. Debian has no package of it; Alpine has. */
export function openApk(): Oracle {
  const program = compile({
    source: 'apk.c',
    libraries: ['apk'],
    packages: 'a C compiler and apk-tools-dev 3 (Alpine has it; Debian has not)',
  });
  return new LineProcess('libapk 3', program);
}
