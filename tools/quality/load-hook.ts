import { appendFileSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { env } from 'node:process';

/**
 * A module hook, imported before tests. Appends the URL of each loaded module to the file `LOADED_TO`. Replaces the module with the URL
 * `MUTATED` by the file `MUTANT`.
 */
const { LOADED_TO: loadedTo, MUTATED: mutated, MUTANT: mutant } = env;
registerHooks({
  load(url, context, next) {
    if (loadedTo !== undefined) appendFileSync(loadedTo, `${url}\n`);
    if (url !== mutated || mutant === undefined) return next(url, context);
    return { format: 'module-typescript', source: readFileSync(mutant, 'utf8'), shortCircuit: true };
  },
});
