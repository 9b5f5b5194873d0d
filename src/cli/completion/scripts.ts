import { type CommandNode, commandsOf, isClosed } from './command-tree.ts';
import { caseText, pathCases, quoted, type ShellWords, valueCases, wordCases } from './shell-cases.ts';

const bashWords: ShellWords = {
  words: (words) => `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$current"))`,
  files: 'COMPREPLY=($(compgen -f -- "$current"))',
  nothing: 'COMPREPLY=()',
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
${caseText('"$path:$previous"', valueCases(root, bashWords), '  ')}
${caseText('"$path"', wordCases(root, bashWords), '  ')}
  if [[ $current != -* ]]; then
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _clair clair
`;
}

const zshWords: ShellWords = {
  words: (words) => `compadd -- ${words.map(quoted).join(' ')}`,
  files: '_files',
  nothing: ':',
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
${caseText('"$command:$previous"', valueCases(root, zshWords), '  ')}
${caseText('"$command"', wordCases(root, zshWords), '  ')}
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
    const isHere = `-n ${quoted(`__clair_is ${quoted(node.path)}`)}`;
    return [
      ...(isClosed(node) ? [`complete -c clair ${isHere} -f`] : []),
      ...node.commands.map(
        ({ name, description }) => `complete -c clair ${isHere} -a ${quoted(name)} -d ${quoted(description)}`,
      ),
      ...node.choices.map((choice) => `complete -c clair ${isHere} -a ${quoted(choice)}`),
      ...node.options.map(({ names, description, value, choices }) => {
        const flags = names.map((name) =>
          name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
        );
        const values = { none: '', any: ' -x', file: ' -r', choice: ` -x -a ${quoted(choices.join(' '))}` }[
          value
        ];
        return `complete -c clair ${isHere} ${flags.join(' ')}${values} -d ${quoted(description)}`;
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
      `      case ${patterns.map(quoted).join(' ')}\n        set path ${action.slice('path='.length)}`,
  )
  .join('\n')}
    end
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}
