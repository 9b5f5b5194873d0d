import type { Oracle } from './oracle.ts';
import { beside, runScript } from './script.ts';

/** Gentoo's package manager `portage`, which PyPI has as well. */
export function openPortage(): Oracle {
  return runScript({
    command: 'python3',
    args: [beside('gentoo.py')],
    probe: ['-c', 'import portage; from portage.versions import ververify; print(portage.VERSION)'],
    tool: 'portage',
    packages: 'portage, from PyPI or of Gentoo',
  });
}
