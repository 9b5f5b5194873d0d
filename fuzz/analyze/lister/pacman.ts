import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const local = 'var/lib/pacman/local';

const seeds = (): Input[] => [
  files({
    [`${local}/zlib-1:1.3.1-2/desc`]:
      '%NAME%\nzlib\n\n%VERSION%\n1:1.3.1-2\n\n%BASE%\nzlib\n\n%DESC%\nCompression library\n\n%ARCH%\nx86_64\n\n%LICENSE%\ncustom\nZlib\n\n',
    [`${local}/gcc-libs-14.2.1+r32+geccf707e5ceb-1/desc`]:
      '%NAME%\ngcc-libs\n\n%VERSION%\n14.2.1+r32+geccf707e5ceb-1\n\n%BASE%\ngcc\n\n%ARCH%\nx86_64\n\n%XDATA%\npkgtype=split\n\n',
  }),
];

const ownWords = words(
  '%NAME%\n',
  '%VERSION%\n',
  '%BASE%\n',
  '%ARCH%\n',
  '%DESC%\n',
  '\n\n',
  '%',
  '-1',
  '\r\n',
);

/** The package descriptions in pacman's local database. */
export const targets: ListerTargets = {
  pacman: { seeds, mutations: [...textMutations, ownWords, ownWords] },
};
