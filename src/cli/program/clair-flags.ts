import { ClairError } from '../../core/errors.ts';

/** Where Clair looks for its configuration when it is not told. */
const defaultConfig = '/etc/clair/config.yaml';

/** Clair's words for how much is logged, where they are not ours. */
const logLevels: Readonly<Record<string, string>> = {
  panic: 'fatal',
  critical: 'fatal',
  warning: 'warn',
  notice: 'info',
};

const flag = /^--?(config|log-level|cpu-profile|insecure-tls)(?:=(.*))?$/s;

/**
 * A command line of Clair 2 as one of ours: `clair -config=F -log-level=debug` means `clair serve --config F --log-level debug`. Its
 * flags begin with one or two dashes, and their value follows behind `=` or a space. Any other line stays as it is.
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

/** `strconv.ParseBool`; a flag without a value is true. */
function isTrue(name: string, value: string | undefined): boolean {
  if (value === undefined || /^(?:1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw new ClairError('usage', `--${name} takes true or false, not ${value}`);
}
