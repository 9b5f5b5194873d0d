import type { Command } from 'commander';
import { writeText } from '../output.ts';
import { type CommandNode, commandTree } from './command-tree.ts';
import { bashScript, fishScript, type Shell, zshScript } from './scripts.ts';

const scripts: Readonly<Record<Shell, (root: CommandNode) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** Runs `clair completion SHELL`: prints the completion script of a program. */
export function showCompletion(shell: Shell, program: Command): number {
  writeText([scripts[shell](commandTree(program))]);
  return 0;
}
