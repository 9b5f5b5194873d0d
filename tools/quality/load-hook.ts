import { appendFileSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { env } from 'node:process';

/**
 * Is imported before tests. `LOADED_TO` names a file that gets the URL of each module they load; `MUTATED` is the URL of a module for which
 * they get the text of the file `MUTANT` instead.
 */
const { LOADED_TO: loadedTo, MUTATED: mutated, MUTANT: mutant } = env;
registerHooks({
  load(url, context, next) {
    if (loadedTo !== undefined) appendFileSync(loadedTo, `${url}\n`);
    if (url !== mutated || mutant === undefined) return next(url, context);
    return { format: 'module-typescript', source: readFileSync(mutant, 'utf8'), shortCircuit: true };
  },
});
