import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** Path of the Node binary in node_modules. */
export const node: string = join(root, 'node_modules/node/bin/node');

/** Command line of the built clair. `bin/clair` of a checkout first checks whether the sources are newer. */
export const clair: string = `${node} ${join(root, 'dist/bin/clair.js')}`;
