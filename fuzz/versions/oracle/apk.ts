import { compile } from './compile.ts';
import { LineProcess } from './line-process.ts';
import type { Oracle } from './oracle.ts';

/** apk-tools 3 through libapk. Alpine has a package of it, Debian does not. */
export function openApk(): Oracle {
  const program = compile({
    source: 'apk.c',
    libraries: ['apk'],
    packages: 'a C compiler and apk-tools-dev 3 (in Alpine, not in Debian)',
  });
  return new LineProcess('libapk 3', program);
}
