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

const flag = /^--?(config|conf|mode|log-level|cpu-profile|cpuprofile|memprofile|insecure-tls)(?:=(.*))?$/s;

/** Flags of Clair v4 with another name here. */
const optionNames: Readonly<Record<string, string>> = { conf: 'config', cpuprofile: 'cpu-profile' };

/**
 * Translates a command line of Clair: `clair -config=F -log-level=debug` of Clair 2 becomes `clair serve --config F --log-level debug`, and
 * `clair -conf F -mode combo` of Clair 4 becomes `clair serve --config F --mode combo`. Clair 4 may have both in variables, and then no
 * argument. Flags have one or two dashes, and values follow `=` or a space. Returns other command lines unchanged.
 */
export function fromClairFlags(argv: readonly string[], env: NodeJS.ProcessEnv): readonly string[] {
  if (argv.length === 0 && env['CLAIR_CONF'] !== undefined && env['CLAIR_MODE'] !== undefined)
    return ['serve'];
  const isServe = argv[0] === 'serve';
  if (!isServe && !flag.test(argv[0] ?? '')) return argv;
  const given = rewritten(isServe ? argv.slice(1) : argv);
  const hasConfig = isServe || given.includes('--config') || env['CLAIR_CONF'] !== undefined;
  return ['serve', ...(hasConfig ? [] : ['--config', defaultConfig]), ...given];
}

function rewritten(argv: readonly string[]): string[] {
  const line: string[] = [];
  const rest = argv.values();
  for (const argument of rest) {
    const [, name, attached] = flag.exec(argument) ?? [];
    if (name === undefined) line.push(argument);
    else if (name === 'insecure-tls') line.push(...(isTrue(name, attached) ? ['--insecure-tls'] : []));
    else {
      const value = attached ?? rest.next().value;
      // There is no profile of memory.
      if (name !== 'memprofile') line.push(`--${optionNames[name] ?? name}`, ...flagValue(name, value));
    }
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
