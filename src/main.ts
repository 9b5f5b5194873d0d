import manifest from '../package.json' with { type: 'json' };
import { explainFailure, runCommand } from './cli/program/program.ts';
import { ClairError, exitCodes } from './core/errors.ts';
import { toClairError } from './core/system-error.ts';

/** The `clair` command: parses the line, runs it, and turns failures into one sentence and an exit status. */
export async function main(): Promise<void> {
  try {
    process.exitCode = await runCommand(process.argv.slice(2), manifest.version);
  } catch (thrown) {
    const error = toClairError(thrown);
    process.stderr.write(explainFailure(error));
    process.exitCode = error instanceof ClairError ? exitCodes[error.code] : 70;
    // The work goes on: threads, connections and all.
    if (error instanceof ClairError && error.code === 'timed-out') process.exit();
  }
}
