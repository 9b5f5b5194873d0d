import type { Oracle } from './oracle.ts';
import { beside, runScript } from './script.ts';

/** The Python library `packaging`. */
export function openPep440(): Oracle {
  return runScript({
    command: 'python3',
    args: [beside('pep440.py')],
    probe: ['-c', 'import packaging; print(packaging.__version__)'],
    tool: 'packaging',
    packages: 'python3-packaging',
  });
}
