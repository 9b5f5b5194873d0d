import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** The Node that the project brings. */
export const node: string = join(root, 'node_modules/node/bin/node');

/** The command line of clair as it is installed; `bin/clair` of a checkout looks first whether the sources are newer. */
export const clair: string = `${node} ${join(root, 'dist/bin/clair.js')}`;
