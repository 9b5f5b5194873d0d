import { type AddCommands, explainFailure, runCommand } from './cli/program/program.ts';
import { programVersion } from './cli/program-version.ts';
import { ClairError, exitCodes } from './core/errors.ts';
import { toClairError } from './core/system-error.ts';

/**
 * Runs the `clair` command: parses the command line, runs it, and turns failures into one message and an exit status. `build` is a hash of the
 * scripts. Absent if the sources run.
 */
export async function main(addCommands: AddCommands, build?: string): Promise<void> {
  try {
    process.exitCode = await runCommand(process.argv.slice(2), {
      version: programVersion,
      build,
      addCommands,
    });
  } catch (thrown) {
    const error = toClairError(thrown);
    process.stderr.write(explainFailure(error));
    process.exitCode = error instanceof ClairError ? exitCodes[error.code] : 70;
    // Threads and connections of the timed-out work still run and would keep the process alive.
    if (error instanceof ClairError && error.code === 'timed-out') process.exit();
  }
}
