import { Command, CommanderError } from 'commander';
import { ClairError } from '../../core/errors.ts';
import { redact } from '../../kit/redact.ts';
import { Deadline, type TimeLimit } from '../deadline.ts';
import { extractPluginFlags, loadExtensions } from '../load-extensions.ts';
import { writeText } from '../output.ts';
import { type ConsoleOptions, type Progress, terminalProgress } from '../progress.ts';
import { addAdvisoryCommands } from './advisory-commands.ts';
import { applyOptionSources } from './apply-option-sources.ts';
import { fromClairFlags } from './clair-flags.ts';
import { addImageCommands } from './image-commands.ts';
import type { CommandDeps } from './options.ts';
import { addServerCommands } from './server-commands.ts';
import { addToolCommands } from './tool-commands.ts';

/**
 * The command line. Runs what `argv` asks for (without node and script) and answers the exit status. After `timed-out` the work still
 * goes on: end the process.
 */
export async function runCommand(argv: readonly string[], version: string): Promise<number> {
  const { names: pluginNames, rest } = extractPluginFlags(argv);
  await using loaded = await loadExtensions(pluginNames, process.cwd());
  using deadline = new Deadline();
  using commandRun = new CommandRun(deadline);
  const exit = { status: 0 };
  const run = async (status: Promise<number>): Promise<void> => {
    exit.status = await status;
  };
  const prepare = (command: Command): Promise<void> | undefined => commandRun.prepare(command);
  try {
    const program = createProgram(version, { loaded, pluginNames, run, prepare });
    await deadline.limit(program.parseAsync(fromClairFlags(rest), { from: 'user' }));
    return exit.status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

/** What a command has while it runs, whichever it is: options from elsewhere, its progress, its time. */
class CommandRun implements Disposable {
  readonly #deadline: Deadline;
  #progress: Progress | undefined;

  constructor(deadline: Deadline) {
    this.#deadline = deadline;
  }

  /** Completes the options of a command before it begins. */
  prepare(command: Command): Promise<void> | undefined {
    const pending = applyOptionSources(command, process.env);
    if (pending !== undefined)
      return pending.then(() => {
        this.#start(command);
      });
    this.#start(command);
    return undefined;
  }

  #start(command: Command): void {
    const options: ConsoleOptions & { readonly timeout?: TimeLimit } = command.opts();
    const progress = terminalProgress(options);
    this.#progress = progress;
    command.setOptionValue('progress', progress);
    if (options.timeout !== undefined) this.#deadline.start(options.timeout, () => progress.step);
  }

  [Symbol.dispose](): void {
    this.#progress?.clear();
  }
}

/** All commands with their options and help. */
export function createProgram(version: string, deps: CommandDeps): Command {
  const program = new Command('clair')
    .description('Finds known vulnerabilities in container images.')
    .version(version, '-V, --version')
    // Taken out of the line before it is parsed: what a plugin brings can be named in what follows.
    .option('--plugin <name>', 'use a plugin: a module, a directory of modules, or a package; repeatable')
    .exitOverride()
    .configureHelp({ sortOptions: false, showGlobalOptions: false })
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => {
        writeText([text]);
      },
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'clair: '));
      },
    })
    .addHelpText('after', overview);
  if (deps.prepare !== undefined) program.hook('preAction', (_, command) => deps.prepare?.(command));
  addImageCommands(program, deps);
  addAdvisoryCommands(program, deps);
  addServerCommands(program, deps);
  addToolCommands(program, { ...deps, version });
  nameHelp(program, 'clair');
  return program;
}

/** After an error, each command names its own help. */
function nameHelp(command: Command, name: string): void {
  command.showHelpAfterError(`See '${name} --help'.`);
  for (const below of command.commands) nameHelp(below, `${name} ${below.name()}`);
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

An option that is not on the line is taken from its variable, CLAIR_FAIL_ON for --fail-on, then from the file that --config names.

Exit status: 0 done, 1 a finding reaches --fail-on, 2 wrong use, 3 something could not be read,
4 the image could not be judged: nothing was assessed, or with --fail-on something was not assessed, a finding has no
severity, or data that the gate asks for is missing; or --timeout was reached, 70 a bug.`;

/** What standard error says of an error that ends the command. */
export function explainFailure(error: unknown): string {
  if (error instanceof ClairError) return `clair: ${redact(error.message)}\n`;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `clair: a bug of ours; please report it with the lines below\n${redact(stack)}\n`;
}
