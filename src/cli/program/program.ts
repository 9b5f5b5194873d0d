import { Command, CommanderError } from 'commander';
import { ClairError } from '../../core/errors.ts';
import { redact } from '../../kit/redact.ts';
import { Deadline, type TimeLimit } from '../deadline.ts';
import { extractPluginFlags, loadExtensions } from '../load-extensions.ts';
import { writeText } from '../output.ts';
import { type ConsoleOptions, type Progress, terminalProgress } from '../progress.ts';
import { applyOptionSources } from './apply-option-sources.ts';
import { fromClairFlags } from './clair-flags.ts';
import { withCounterpart } from './counterparts.ts';
import type { CommandDeps, RunCommand } from './options.ts';

/** The program that runs. */
export interface ProgramIdentity {
  readonly version: string;
  /** A hash of its scripts. Undefined if it runs from its sources. */
  readonly build?: string | undefined;
  readonly addCommands: AddCommands;
}

/** Adds commands to the program. */
export type AddCommands = (program: Command, deps: CommandDeps & Pick<ProgramIdentity, 'version'>) => void;

/**
 * Runs the command line `argv` (without node and script) and returns the exit status. After `timed-out` the work continues: end the
 * process.
 */
export async function runCommand(
  argv: readonly string[],
  { version, build, addCommands }: ProgramIdentity,
): Promise<number> {
  const { names: pluginNames, rest } = extractPluginFlags(argv);
  await using loaded = await loadExtensions(pluginNames, process.cwd());
  using deadline = new Deadline();
  using commandRun = new CommandRun(deadline, build);
  // Commander would wait for an action until it ends, also past the deadline. So an action only stores the call.
  let selected: (() => number | Promise<number>) | undefined;
  const run: RunCommand = <Arguments extends unknown[]>(
    command: (...args: Arguments) => number | Promise<number>,
    ...args: Arguments
  ) => {
    selected = () => command(...args);
  };
  const prepare = (command: Command): Promise<void> | undefined => commandRun.prepare(command);
  try {
    const program = createProgram(version, { loaded, pluginNames, run, prepare }, addCommands);
    await program.parseAsync(fromClairFlags(rest, process.env), { from: 'user' });
    return await Promise.race([selected?.() ?? 0, deadline.expired]);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

/** The state of a running command: options of the environment and files, progress and deadline. */
class CommandRun implements Disposable {
  readonly #deadline: Deadline;
  readonly #build: string | undefined;
  #progress: Progress | undefined;

  constructor(deadline: Deadline, build: string | undefined) {
    this.#deadline = deadline;
    this.#build = build;
  }

  /** Completes the options of a command before it runs. */
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
    command.setOptionValue('build', this.#build);
    if (options.timeout !== undefined) this.#deadline.start(options.timeout, () => progress.step);
  }

  [Symbol.dispose](): void {
    this.#progress?.clear();
  }
}

/** Creates commands with their options and help. */
export function createProgram(version: string, deps: CommandDeps, addCommands: AddCommands): Command {
  const program = new Command('clair')
    .description('Finds known vulnerabilities in container images.')
    .version(version, '-V, --version')
    // `extractPluginFlags` has removed it from the line, so that options can name extensions of plugins.
    .option('--plugin <name>', 'use a plugin: a module, a directory of modules, or a package; repeatable')
    .exitOverride()
    .configureHelp({ sortOptions: false, showGlobalOptions: false })
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => {
        writeText([text]);
      },
      outputError: (text, write) => {
        write(withCounterpart(text.replace(/^error: /, 'clair: ')));
      },
    })
    .addHelpText('after', overview);
  if (deps.prepare !== undefined) program.hook('preAction', (_, command) => deps.prepare?.(command));
  addCommands(program, { ...deps, version });
  nameHelp(program, 'clair');
  return program;
}

/** Lets each command name its own help after an error. */
function nameHelp(command: Command, name: string): void {
  command.showHelpAfterError(`See '${name} --help'.`);
  for (const below of command.commands) nameHelp(below, `${name} ${below.name()}`);
}

const overview = `
Examples:
  clair scan nginx:1.27                      scan an image from Docker or podman, otherwise from its registry
  clair scan image.tar                       scan an image on disk
  clair scan image.tar --fail-on high        in a pipeline: end with 1 if a finding is High or worse
  clair scan oci:./layout:v1 --format json   scan an OCI layout and write JSON
  clair explain image.tar CVE-2024-2961      explain why it is reported, or why not
  clair scan registry:ghcr.io/acme/app:1.2   scan an image of a registry; no layer is written to disk
  clair db update                            fetch all advisories, for later use without network
  clair scan image.tar --offline             use only advisories that were fetched before
  clair --plugin ./acme.ts scan image.tar    use a plugin; works with every command

An option that is not on the command line is read from its variable, such as CLAIR_FAIL_ON, then from the file of --config.

Exit status: 0 success, 1 a finding reaches --fail-on, 2 wrong usage, 3 something could not be read,
4 the image could not be judged: nothing was assessed, or with --fail-on something was not assessed, a finding has no
severity, or data that the gate needs is missing; or cells of --server are missing; or --timeout was reached,
70 internal error.`;

/** Returns the message of an error that ends the command: a stack if the error is unexpected. */
export function explainFailure(error: unknown): string {
  if (error instanceof ClairError) return `clair: ${redact(error.message)}\n`;
  const missing = missingPackageOf(error);
  if (missing !== undefined)
    return `clair: the package ${missing} is not installed, which the bundle of the command contains; in a checkout, run npm ci without --omit=dev\n`;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `clair: internal error; please report it with the lines below\n${redact(stack)}\n`;
}

/** Returns the name of the package that an import did not find. A checkout without development packages has no bundle, and not all packages. */
function missingPackageOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND')
    return undefined;
  return /^Cannot find package '([^']+)'/.exec(error.message)?.[1];
}
