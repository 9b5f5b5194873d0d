import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** Path of the Node binary in node_modules. */
export const node: string = join(root, 'node_modules/node/bin/node');

/** Path of the built clair. `bin/clair` of a checkout first checks whether the sources are newer, and then runs these. */
export const builtClair: string = join(root, 'dist/bin/clair.js');

/** Command line of the built clair. */
export const clair: string = `${node} ${builtClair}`;
