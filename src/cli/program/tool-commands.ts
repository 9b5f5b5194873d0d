import { Argument, type Command } from 'commander';
import { type Shell, shells } from '../completion/scripts.ts';
import type { CommandDeps } from './options.ts';

/** Adds the commands `version` and `completion`. */
export function addToolCommands(
  program: Command,
  { run, version }: Pick<CommandDeps, 'run'> & { readonly version: string },
): void {
  program
    .command('version')
    .description('print the versions of clair, Node.js and the database schema')
    .action(async () => {
      const { showVersion } = await import('../show-version.ts');
      run(showVersion, version);
    });
  program
    .command('completion')
    .description('print a script that completes commands, options and values in a shell')
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  clair completion bash > ~/.local/share/bash-completion/completions/clair
  clair completion zsh > ~/.zfunc/_clair
  clair completion fish > ~/.config/fish/completions/clair.fish`,
    )
    .action(async (shell: Shell) => {
      const { showCompletion } = await import('../completion/show-completion.ts');
      run(showCompletion, shell, program);
    });
}
