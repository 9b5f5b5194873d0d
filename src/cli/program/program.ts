import { Command, CommanderError } from 'commander';
import { ClairError } from '../../kit/errors.ts';
import { redact } from '../../kit/redact.ts';
import { writeText } from '../output.ts';
import { plug, takePlugins } from '../plugged.ts';
import { addAdvisoryCommands } from './advisory-commands.ts';
import { fromClairFlags } from './clair-flags.ts';
import { addImageCommands } from './image-commands.ts';
import type { CommandParts } from './options.ts';
import { addServerCommands } from './server-commands.ts';

/** The command line. Runs what `argv` asks for (without node and script) and answers the exit status. */
export async function runCommand(argv: readonly string[], version: string): Promise<number> {
  const { names, rest } = takePlugins(argv);
  await using plugged = await plug(names, process.cwd());
  const exit = { status: 0 };
  const run = async (status: Promise<number>): Promise<void> => {
    exit.status = await status;
  };
  try {
    await commandLine(version, { plugged, names, run }).parseAsync(fromClairFlags(rest), { from: 'user' });
    return exit.status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

/** All commands with their options and help. */
export function commandLine(version: string, parts: CommandParts): Command {
  const program = new Command('clair')
    .description('Finds known vulnerabilities in container images.')
    .version(version, '-V, --version')
    // Taken out of the line before it is parsed: what a plugin brings can be named in what follows.
    .option('--plugin <name>', 'use a plugin: a module, a directory of modules, or a package; repeatable')
    .exitOverride()
    .configureHelp({ sortOptions: false, showGlobalOptions: false })
    .showSuggestionAfterError()
    .showHelpAfterError('clair help COMMAND tells how it is used.')
    .configureOutput({
      writeOut: (text) => {
        writeText([text]);
      },
    })
    .addHelpText('after', overview);
  addImageCommands(program, parts);
  addAdvisoryCommands(program, parts);
  addServerCommands(program, parts);
  return program;
}

const overview = `
Examples:
  clair scan nginx:1.27                      what is vulnerable in an image of Docker or podman here, else of its registry
  clair scan image.tar                       in an image on disk
  clair scan image.tar --fail-on high        the same in a pipeline: ends with 1 at a High or worse
  clair scan oci:./layout:v1 --format json   in an OCI layout, as JSON
  clair explain image.tar CVE-2024-2961      why that is reported, or why not
  clair scan registry:ghcr.io/acme/app:1.2   an image of a registry; no layer is written to disk
  clair db update                            fetch all advisories, for later use without network
  clair scan image.tar --offline             use only what was fetched before
  clair --plugin ./acme.ts scan image.tar    with a plugin; works with every command

Exit status: 0 done, 1 a finding reaches --fail-on, 2 wrong use, 3 something could not be read,
4 the image could not be judged: nothing was assessed, or with --fail-on something was not assessed, a finding has no
severity, or data that the gate asks for is missing, 70 a bug.`;

/** What standard error says of an error that ends the command. */
export function explainFailure(error: unknown): string {
  if (error instanceof ClairError) return `clair: ${redact(error.message)}\n`;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `clair: a bug of ours; please report it with the lines below\n${redact(stack)}\n`;
}
