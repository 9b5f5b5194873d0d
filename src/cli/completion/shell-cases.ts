import {
  type CommandNode,
  commandsOf,
  completionsOf,
  type OptionNode,
  takesOnlyCompletions,
} from './command-tree.ts';

/** The words of a `case` of the shells: patterns, and what is done. */
export interface ShellCase {
  readonly patterns: readonly string[];
  readonly action: string;
}

/** What a script for bash or zsh calls, in the words of that shell. */
export interface ShellSyntax {
  /** Offers words. */
  offerWords(words: readonly string[]): string;
  /** Offers files. */
  readonly offerFiles: string;
  /** Offers nothing. */
  readonly offerNothing: string;
}

/** `case "$path $word"`: how a word changes the command that the line is about. */
export function pathCases(root: CommandNode): ShellCase[] {
  return [...commandsOf(root)].flatMap(({ path, commands }) =>
    commands.map((below) => ({
      patterns: [below.name, ...below.aliases].map((name) => `${path} ${name}`),
      action: `path=${shellQuote(below.path)}`,
    })),
  );
}

/** `case "$path:$previous"`: what follows an option that takes a value. */
export function valueCases(root: CommandNode, shell: ShellSyntax): ShellCase[] {
  return [...commandsOf(root)].flatMap(({ path, options }) =>
    options.flatMap((option) =>
      option.value === 'none'
        ? []
        : [{ patterns: option.names.map((name) => `${path}:${name}`), action: valueAction(option, shell) }],
    ),
  );
}

/** `case "$path"`: what may follow a command; files besides, where its words are no closed list. */
export function completionCases(root: CommandNode, shell: ShellSyntax): ShellCase[] {
  return [...commandsOf(root)].map((node) => ({
    patterns: [node.path],
    action: `${shell.offerWords(completionsOf(node))}${takesOnlyCompletions(node) ? '; return' : ''}`,
  }));
}

/** A `case` in the syntax that bash and zsh share. */
export function caseText(subject: string, cases: readonly ShellCase[], indent: string): string {
  const lines = cases.map(
    ({ patterns, action }) => `${indent}  ${patterns.map(shellQuote).join('|')}) ${action} ;;`,
  );
  return [`${indent}case ${subject} in`, ...lines, `${indent}esac`].join('\n');
}

/** A text as one word of a shell. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function valueAction({ value, choices }: OptionNode, shell: ShellSyntax): string {
  if (value === 'choice') return `${shell.offerWords(choices)}; return`;
  return `${value === 'file' ? shell.offerFiles : shell.offerNothing}; return`;
}
