import { type CommandNode, commandsOf, takesOnlyCompletions } from './command-tree.ts';
import {
  caseText,
  completionCases,
  pathCases,
  type ShellSyntax,
  shellQuote,
  valueCases,
} from './shell-cases.ts';

const bashSyntax: ShellSyntax = {
  offerWords: (words) => `COMPREPLY=($(compgen -W ${shellQuote(words.join(' '))} -- "$current"))`,
  offerFiles: 'COMPREPLY=($(compgen -f -- "$current"))',
  offerNothing: 'COMPREPLY=()',
};

/** The completion of bash, for `complete -F`. Needs nothing but bash. */
export function bashScript(root: CommandNode): string {
  return `# Completion of clair for bash, made by: clair completion bash
_clair() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path=clair i
  local IFS=$' \\t\\n'
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
${caseText(`"$path \${COMP_WORDS[i]}"`, pathCases(root), '    ')}
  done
${caseText('"$path:$previous"', valueCases(root, bashSyntax), '  ')}
${caseText('"$path"', completionCases(root, bashSyntax), '  ')}
  if [[ $current != -* ]]; then
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _clair clair
`;
}

const zshSyntax: ShellSyntax = {
  offerWords: (words) => `compadd -- ${words.map(shellQuote).join(' ')}`,
  offerFiles: '_files',
  offerNothing: ':',
};

/** The completion of zsh, to lie as \`_clair\` in a directory of \`fpath\`. */
export function zshScript(root: CommandNode): string {
  return `#compdef clair
# Completion of clair for zsh, made by: clair completion zsh
_clair() {
  local command=clair previous="\${words[CURRENT-1]}" i
  for ((i = 2; i < CURRENT; i++)); do
${caseText(`"$command \${words[i]}"`, zshCases(pathCases(root)), '    ')}
  done
${caseText('"$command:$previous"', valueCases(root, zshSyntax), '  ')}
${caseText('"$command"', completionCases(root, zshSyntax), '  ')}
  [[ $PREFIX == -* ]] || _files
}
if [[ $funcstack[1] == _clair ]]; then _clair "$@"; else compdef _clair clair; fi
`;
}

/** `path` is the search path of zsh. */
function zshCases(cases: ReturnType<typeof pathCases>): ReturnType<typeof pathCases> {
  return cases.map(({ patterns, action }) => ({ patterns, action: action.replace(/^path=/, 'command=') }));
}

/** The completion of fish. */
export function fishScript(root: CommandNode): string {
  const lines = [...commandsOf(root)].flatMap((node) => {
    const isHere = `-n ${shellQuote(`__clair_is ${shellQuote(node.path)}`)}`;
    return [
      ...(takesOnlyCompletions(node) ? [`complete -c clair ${isHere} -f`] : []),
      ...node.commands.map(
        ({ name, description }) =>
          `complete -c clair ${isHere} -a ${shellQuote(name)} -d ${shellQuote(description)}`,
      ),
      ...node.choices.map((choice) => `complete -c clair ${isHere} -a ${shellQuote(choice)}`),
      ...node.options.map(({ names, description, value, choices }) => {
        const flags = names.map((name) =>
          name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
        );
        const values = {
          none: '',
          any: ' -x',
          file: ' -r',
          choice: ` -x -a ${shellQuote(choices.join(' '))}`,
        }[value];
        return `complete -c clair ${isHere} ${flags.join(' ')}${values} -d ${shellQuote(description)}`;
      }),
    ];
  });
  return `# Completion of clair for fish, made by: clair completion fish
function __clair_is
  set -l path clair
  for word in (commandline -opc)[2..-1]
    switch "$path $word"
${pathCases(root)
  .map(
    ({ patterns, action }) =>
      `      case ${patterns.map(shellQuote).join(' ')}\n        set path ${action.slice('path='.length)}`,
  )
  .join('\n')}
    end
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}
