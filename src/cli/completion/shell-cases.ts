import {
  type CommandNode,
  commandsOf,
  completionsOf,
  type OptionNode,
  takesOnlyCompletions,
} from './command-tree.ts';

/** A branch of a shell `case`: its patterns and its command. */
export interface ShellCase {
  readonly patterns: readonly string[];
  readonly action: string;
}

/** Commands that offer completions, in the syntax of bash or zsh. */
export interface ShellSyntax {
  /** Returns the command that offers these words. */
  offerWords(words: readonly string[]): string;
  /** Command that offers files. */
  readonly offerFiles: string;
  /** Command that offers no completion. */
  readonly offerNothing: string;
}

/** Returns the branches of `case "$path $word"`, which select a subcommand. */
export function pathCases(root: CommandNode): ShellCase[] {
  return [...commandsOf(root)].flatMap(({ path, commands }) =>
    commands.map((below) => ({
      patterns: [below.name, ...below.aliases].map((name) => `${path} ${name}`),
      action: `path=${shellQuote(below.path)}`,
    })),
  );
}

/** Returns the branches of `case "$path:$previous"`, which offer the values of an option. */
export function valueCases(root: CommandNode, shell: ShellSyntax): ShellCase[] {
  return [...commandsOf(root)].flatMap(({ path, options }) =>
    options.flatMap((option) =>
      option.value === 'none'
        ? []
        : [{ patterns: option.names.map((name) => `${path}:${name}`), action: valueAction(option, shell) }],
    ),
  );
}

/** Returns the branches of `case "$path"`, which offer the words after a command, and files if it accepts them. */
export function completionCases(root: CommandNode, shell: ShellSyntax): ShellCase[] {
  return [...commandsOf(root)].map((node) => ({
    patterns: [node.path],
    action: `${shell.offerWords(completionsOf(node))}${takesOnlyCompletions(node) ? '; return' : ''}`,
  }));
}

/** Renders a `case` in the syntax that bash and zsh share. */
export function caseText(subject: string, cases: readonly ShellCase[], indent: string): string {
  const lines = cases.map(
    ({ patterns, action }) => `${indent}  ${patterns.map(shellQuote).join('|')}) ${action} ;;`,
  );
  return [`${indent}case ${subject} in`, ...lines, `${indent}esac`].join('\n');
}

/** Quotes a text as one word of a POSIX shell. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function valueAction({ value, choices }: OptionNode, shell: ShellSyntax): string {
  if (value === 'choice') return `${shell.offerWords(choices)}; return`;
  return `${value === 'file' ? shell.offerFiles : shell.offerNothing}; return`;
}
