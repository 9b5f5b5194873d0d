import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { explainFailure, runCommand } from './cli/program.ts';
import { ClairError, exitCodes } from './kit/errors.ts';

/** The `clair` command: parses the line, runs it, and turns failures into one sentence and an exit status. */
async function main(): Promise<void> {
  try {
    process.exitCode = await runCommand(process.argv.slice(2), packageVersion());
  } catch (error) {
    process.stderr.write(explainFailure(error));
    process.exitCode = error instanceof ClairError ? exitCodes[error.code] : 70;
  }
}

/** The version of the package this file belongs to, one folder up in a checkout and when installed. */
function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return z.parse(z.object({ version: z.string() }), manifest).version;
}

await main();
