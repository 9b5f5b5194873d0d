import type { Command } from 'commander';

/** Returns the variables of the options of a command and its subcommands: `CLAIR_LOG_LEVEL` for `--log-level`. */
export function variablesOfOptions(command: Command): ReadonlySet<string> {
  const own = command.options.flatMap(({ long, envVar }) => {
    const name = long?.replace(/^--/, '') ?? '';
    return [name, name.replace(/^no-/, '')].map(variableOf).concat(envVar ?? []);
  });
  return new Set([...own, ...command.commands.flatMap((below) => [...variablesOfOptions(below)])]);
}

function variableOf(option: string): string {
  return `CLAIR_${option.replaceAll('-', '_').toUpperCase()}`;
}
