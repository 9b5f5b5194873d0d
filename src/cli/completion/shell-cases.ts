import { type CommandNode, commandsOf, isClosed, type OptionNode, wordsOf } from './command-tree.ts';

/** The words of a `case` of the shells: patterns, and what is done. */
export interface ShellCase {
  readonly patterns: readonly string[];
  readonly action: string;
}

/** What a script for bash or zsh calls, in the words of that shell. */
export interface ShellWords {
  /** Offers words. */
  words(words: readonly string[]): string;
  /** Offers files. */
  readonly files: string;
  /** Offers nothing. */
  readonly nothing: string;
}

/** `case "$path $word"`: how a word changes the command that the line is about. */
export function pathCases(root: CommandNode): ShellCase[] {
  return [...commandsOf(root)].flatMap(({ path, commands }) =>
    commands.map((below) => ({
      patterns: [below.name, ...below.aliases].map((name) => `${path} ${name}`),
      action: `path=${quoted(below.path)}`,
    })),
  );
}

/** `case "$path:$previous"`: what follows an option that takes a value. */
export function valueCases(root: CommandNode, shell: ShellWords): ShellCase[] {
  return [...commandsOf(root)].flatMap(({ path, options }) =>
    options.flatMap((option) =>
      option.value === 'none'
        ? []
        : [{ patterns: option.names.map((name) => `${path}:${name}`), action: valueAction(option, shell) }],
    ),
  );
}

/** `case "$path"`: what may follow a command; files besides, where its words are no closed list. */
export function wordCases(root: CommandNode, shell: ShellWords): ShellCase[] {
  return [...commandsOf(root)].map((node) => ({
    patterns: [node.path],
    action: `${shell.words(wordsOf(node))}${isClosed(node) ? '; return' : ''}`,
  }));
}

/** A `case` in the syntax that bash and zsh share. */
export function caseText(subject: string, cases: readonly ShellCase[], indent: string): string {
  const lines = cases.map(
    ({ patterns, action }) => `${indent}  ${patterns.map(quoted).join('|')}) ${action} ;;`,
  );
  return [`${indent}case ${subject} in`, ...lines, `${indent}esac`].join('\n');
}

/** A text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function valueAction({ value, choices }: OptionNode, shell: ShellWords): string {
  if (value === 'choice') return `${shell.words(choices)}; return`;
  return `${value === 'file' ? shell.files : shell.nothing}; return`;
}
