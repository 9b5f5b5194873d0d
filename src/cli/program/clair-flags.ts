import { ClairError } from '../../core/errors.ts';

/** Clair's default path of its configuration. */
const defaultConfig = '/etc/clair/config.yaml';

/** Clair's log levels that have another name here. */
const logLevels: Readonly<Record<string, string>> = {
  panic: 'fatal',
  critical: 'fatal',
  warning: 'warn',
  notice: 'info',
};

const flag = /^--?(config|log-level|cpu-profile|insecure-tls)(?:=(.*))?$/s;

/**
 * Translates a command line of Clair 2: `clair -config=F -log-level=debug` becomes `clair serve --config F --log-level debug`. Flags have
 * one or two dashes, and values follow `=` or a space. Returns other command lines unchanged.
 */
export function fromClairFlags(argv: readonly string[]): readonly string[] {
  const isServe = argv[0] === 'serve';
  if (!isServe && !flag.test(argv[0] ?? '')) return argv;
  const given = rewritten(isServe ? argv.slice(1) : argv);
  const hasConfig = isServe || given.includes('--config');
  return ['serve', ...(hasConfig ? [] : ['--config', defaultConfig]), ...given];
}

function rewritten(argv: readonly string[]): string[] {
  const line: string[] = [];
  const rest = argv.values();
  for (const argument of rest) {
    const [, name, attached] = flag.exec(argument) ?? [];
    if (name === undefined) line.push(argument);
    else if (name === 'insecure-tls') line.push(...(isTrue(name, attached) ? ['--insecure-tls'] : []));
    else line.push(`--${name}`, ...flagValue(name, attached ?? rest.next().value));
  }
  return line;
}

function flagValue(name: string, value: string | undefined): string[] {
  if (value === undefined) return [];
  return [name === 'log-level' ? levelOf(value) : value];
}

function levelOf(word: string): string {
  return logLevels[word.toLowerCase()] ?? word.toLowerCase();
}

/** Parses a boolean as Go's `strconv.ParseBool`. A flag without a value is true. */
function isTrue(name: string, value: string | undefined): boolean {
  if (value === undefined || /^(?:1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw new ClairError('usage', `--${name} takes true or false, not ${value}`);
}
