import { baseOf } from '../../kit/tar/path.ts';

/** How a program states the version of its product. */
export interface ProductRule {
  /** The name of the product, as in its package URL: `nginx` of `pkg:generic/nginx`. */
  readonly product: string;
  /** Texts in Latin-1 beside the version, of 4 bytes or more. */
  readonly texts: readonly string[];
  /** The text that proves the version, which is its first group. A version that is no release does not match. A suffix of a vendor is left out. */
  readonly form: RegExp;
  /** Whether the other texts show that the program is this version of the product. */
  readonly isProven?: (version: string, texts: string) => boolean;
}

/** A rule, and the programs that it is for. */
interface NamedRule extends ProductRule {
  /** The letters at the start of file names: `php-fpm` for `php-fpm8.2`. */
  readonly programs?: readonly string[];
  /** The letters at the start of file names of libraries: `libcurl` for `libcurl.so.4.8.0`. */
  readonly libraries?: readonly string[];
}

/** Applets of BusyBox that come first in archives: other applets are hard links to the first one. */
const appletsOfBusybox: readonly string[] = ['[', '[[', 'acpid', 'addgroup', 'arch', 'ash', 'sh'];

const programsOfPostgresql: readonly string[] = [
  ...['postgres', 'postmaster', 'initdb', 'psql', 'createdb', 'createuser', 'dropdb', 'dropuser', 'pgbench'],
  ...['pg_ctl', 'pg_controldata', 'pg_resetwal', 'pg_dump', 'pg_dumpall', 'pg_restore', 'pg_isready'],
  ...['pg_basebackup', 'pg_upgrade', 'pg_rewind', 'pg_receivewal', 'pg_waldump', 'reindexdb', 'vacuumdb'],
];

/** A release of Redis or Valkey. A build of the development branch states 255.255.255. */
const release = String.raw`\d{1,2}\.\d{1,2}\.\d{1,2}`;
/** The host of the build, as Docker names it, or, in a reproducible build, its time in seconds and the missing commit. */
const build = String.raw`buildkitsandbox-\d{10}|[1-9]\d{9}\d0{8}\0`;

/** The version of Redis stands before the name of the atomic operations. The version of the compiler may stand between them. */
const formOfRedis = new RegExp(
  String.raw`(?<![\w.])(${release})(?=\0(?:${release}\0)?(?:c11|atomic|sync)-builtin\0|${build})`,
  'g',
);

/** The end of the name of a build outside of Git: time in seconds, number of changed lines, and a missing commit. Version and host precede it. */
const endOfBuild = String.raw`[1-9]\d{9}\d{1,6}0{8}\0`;
const namedBuild = new RegExp(String.raw`(?:-|\.\d{1,2})${endOfBuild}`);

/**
 * Whether the name of the build begins with the version. A build from Git has a name that cannot be found. There, a version after another
 * one is that of the compiler, and from Redis 8 on, the version of the compiler must follow.
 */
function isBuildOfRedis(version: string, texts: string): boolean {
  const digits = version.replaceAll('.', String.raw`\.`);
  const has = (form: string): boolean => new RegExp(form).test(texts);
  if (!texts.includes('Redis version=')) return false;
  if (namedBuild.test(texts)) return has(String.raw`(?<![\d.])${digits}(?:[\w.-]{1,64}-)?${endOfBuild}`);
  const isBeforeCompiler = /^[2-7]\./.test(version) || has(String.raw`\0${digits}\0${release}\0`);
  return isBeforeCompiler && !has(String.raw`\d\.\d{1,2}\.\d{1,2}\0${digits}\0`);
}

/** The version of Valkey stands before that of the last free Redis, 7.2.4. */
const formOfValkey = new RegExp(String.raw`(?<![\w.])(?:valkey)?(${release})(?=\x007\.2\.4\0|${build})`, 'g');

/** The rules of products, each for the form in which the sources of the product write its version. */
const namedRules: readonly NamedRule[] = [
  {
    product: 'node',
    programs: ['node', 'nodejs'],
    libraries: ['libnode'],
    texts: ['node.js/v', '\0node v'],
    form: /(?:node\.js\/v|\0node v)(\d+\.\d+\.\d+)(?![\w.+-])/g,
  },
  {
    product: 'bun',
    programs: ['bun', 'bunx'],
    texts: ['Bun/1.'],
    form: /(?<![\w.-])Bun\/(\d+\.\d+\.\d+)(?![\w.+-])/g,
  },
  {
    product: 'deno',
    programs: ['deno'],
    texts: ['Deno/'],
    // Names of the release and of its commit, one after the other.
    form: /Deno\/(\d+\.\d+\.\d+)(?=Deno\/\d+\.\d+\.\d+\+[0-9a-f]{7})/g,
  },
  {
    product: 'nginx',
    programs: ['nginx', 'nginx-debug'],
    texts: ['nginx version: '],
    form: /nginx version: nginx\/(\d+\.\d+\.\d+)(?![\w.+-])/g,
  },
  {
    product: 'openresty',
    programs: ['nginx', 'openresty'],
    texts: ['nginx version: '],
    form: /nginx version: openresty\/(\d+\.\d+\.\d+\.\d+)(?![\w.+-])/g,
  },
  {
    product: 'httpd',
    programs: ['httpd', 'apache'],
    texts: ['Apache/2.'],
    form: /\0Apache\/(\d+\.\d+\.\d+)(?=\0| \()/g,
  },
  {
    product: 'lighttpd',
    programs: ['lighttpd'],
    texts: ['lighttpd/1.'],
    form: /\0lighttpd\/(\d+\.\d+\.\d+)(?=\0| \()/g,
  },
  {
    product: 'haproxy',
    programs: ['haproxy'],
    texts: [', released 2'],
    form: /\0 version (\d+\.\d+\.\d+)(?:-(?!dev)[\w.+~-]+)?, released \d{4}\/\d\d\/\d\d(?=\0)/g,
  },
  {
    product: 'envoy',
    programs: ['envoy'],
    texts: ['\x001.1', '\x001.2', '\x001.3', '\x001.4', '\x001.5'],
    // It stands alone. Libraries in the program state versions such as 1.0.0 and 1.3.1.
    form: /\0(1\.\d{2}\.\d{1,2})(?=\0)/g,
  },
  {
    product: 'postgresql',
    programs: programsOfPostgresql,
    texts: ['(PostgreSQL) '],
    form: /\(PostgreSQL\) (\d+(?:\.\d+){1,2}|\d+(?:beta|rc)\d+)(?=[\0\n]| \()/g,
  },
  {
    product: 'mariadb',
    programs: ['mariadbd', 'mariadb', 'mysqld', 'mysql'],
    texts: ['-MariaDB'],
    form: /\0(\d+\.\d+\.\d+)-MariaDB(?=[\0-])/g,
  },
  {
    product: 'mysql',
    programs: ['mysqld'],
    texts: ['\0MySQL '],
    // The name that InnoDB writes into its logs. That of MariaDB begins with MariaDB.
    form: /\0MySQL (\d+\.\d+\.\d+)(?=\0)/g,
  },
  {
    product: 'memcached',
    programs: ['memcached'],
    texts: ['memcached 1.'],
    form: /(?<![\w.-])memcached (\d+\.\d+\.\d+)(?=[\0\n])/g,
  },
  {
    product: 'redis',
    programs: ['redis-server', 'redis-sentinel', 'redis-check-rdb', 'redis-check-aof'],
    texts: ['-builtin\0', '00000000\0', 'buildkitsandbox-', 'Redis version='],
    form: formOfRedis,
    isProven: isBuildOfRedis,
  },
  {
    product: 'valkey',
    programs: ['valkey-server', 'valkey-sentinel', 'valkey-check-rdb', 'valkey-check-aof'],
    texts: ['\x007.2.4\0', 'valkey7.', 'valkey8.', 'valkey9.'],
    form: formOfValkey,
    isProven: (version, texts) => texts.includes(`valkey${version}`),
  },
  {
    product: 'openssl',
    programs: ['openssl'],
    libraries: ['libcrypto', 'libssl'],
    texts: ['OpenSSL '],
    form: /\0OpenSSL (\d+\.\d+\.\d+[a-z]{0,2}(?:-(?:alpha|beta|pre)\d+)?)(?:-fips)? {1,2}\d{1,2} [A-Z][a-z]{2} \d{4}(?=\0)/g,
  },
  {
    product: 'curl',
    programs: ['curl'],
    libraries: ['libcurl', 'libcurl-gnutls', 'libcurl-nss'],
    texts: ['curl 7.', 'curl 8.', 'libcurl/'],
    form: /\0(?:curl |libcurl\/)(\d+\.\d+\.\d+)(?=[\0 ])/g,
  },
  {
    product: 'busybox',
    programs: ['busybox', ...appletsOfBusybox],
    texts: ['BusyBox v'],
    form: /BusyBox v(\d+\.\d+\.\d+)(?=\0| \()/g,
  },
  {
    product: 'bash',
    programs: ['bash', 'sh'],
    texts: ['Bash version '],
    form: /@\(#\)Bash version (\d+\.\d+\.\d+)\(\d+\)[ -]release GNU/g,
  },
  {
    product: 'php',
    programs: ['php', 'php-cgi', 'php-fpm', 'phpdbg'],
    libraries: ['libphp'],
    texts: ['X-Powered-By: PHP/'],
    form: /X-Powered-By: PHP\/(\d+\.\d+\.\d+(?:(?:alpha|beta|RC)\d+)?)(?:-(?!dev)[\w.+~-]+)?(?=\0)/g,
  },
  {
    product: 'perl',
    programs: ['perl'],
    libraries: ['libperl'],
    texts: ['/lib/perl5/5.', '/share/perl/5.'],
    form: /\/(?:lib\/perl5|share\/perl)\/(5\.\d+\.\d+)(?=[/\0])/g,
  },
  {
    product: 'ruby',
    programs: ['ruby'],
    libraries: ['libruby'],
    texts: ['\0ruby '],
    form: /\0ruby (\d+\.\d+\.\d+(?:(?:preview|rc)\d+)?)(?:p\d+)? \(\d{4}-\d{2}-\d{2} /g,
  },
  {
    product: 'openjdk',
    libraries: ['libjvm'],
    texts: [' JRE ('],
    form: /OpenJDK [\w-]+ (?:Server|Client|Minimal|Zero) VM \([^()\0]+\) for [\w-]+ JRE \((\d+(?:[._]\d+)*(?:\+\d+)?)(?:-(?!ea|internal)[\w.~+-]+)?\)/g,
  },
  {
    product: 'erlang',
    programs: ['beam', 'erlexec', 'erl_child_setup'],
    texts: ['/otp_src_', '/erlang-'],
    form: /\/(?:otp_src_|erlang-)(\d+(?:\.\d+)+)(?:\+dfsg)?\/erts\//g,
  },
  {
    product: 'xz',
    programs: ['xz', 'xzdec', 'lzmainfo'],
    texts: ['(XZ Utils) '],
    form: /\(XZ Utils\) (\d+\.\d+\.\d+(?:alpha|beta)?)(?=[\0\n])/g,
  },
  {
    product: 'zlib',
    libraries: ['libz'],
    texts: ['deflate 1.'],
    form: / deflate (\d+\.\d+(?:\.\d+)*) Copyright 1995-\d{4} Jean-loup Gailly/g,
  },
];

/** Rules by the letters at the start of the file name. Those of libraries end with `.so`. */
const rulesByName: ReadonlyMap<string, readonly ProductRule[]> = byNames();

function byNames(): Map<string, ProductRule[]> {
  const found = new Map<string, ProductRule[]>();
  for (const { programs = [], libraries = [], ...rule } of namedRules)
    for (const name of [...programs, ...libraries.map((library) => `${library}.so`)])
      found.set(name, [...(found.get(name) ?? []), rule]);
  return found;
}

/** Directories whose files belong to packages of npm and Python. */
const ofPackages = /(?:^|\/)(?:node_modules|(?:site|dist)-packages)\//;
/** The letters at the start of a file name. */
const letters = /^(?:\[{1,2}|[a-zA-Z][a-zA-Z_-]*)/;
/** The file name of a Python interpreter or library, with its release: `python3.11`, `libpython3.12d.so.1.0`. */
const pythonName = /^(?:lib)?python(\d\.\d{1,2})[a-z]?(?:\.so(?:\.|$)|$)/;

/** Returns the rules for the program or library at a path. Empty if its name is of no known product, or a language package has it. */
export function rulesOf(path: string): readonly ProductRule[] {
  if (ofPackages.test(path)) return [];
  const name = baseOf(path);
  const [, release] = pythonName.exec(name) ?? [];
  if (release !== undefined) return [ruleOfPython(release)];
  const [start = ''] = letters.exec(name) ?? [];
  const stem = start.replace(/-$/, '');
  return rulesByName.get(/\.so(?:\.|$)/.test(name) ? `${stem}.so` : stem) ?? [];
}

/** The version stands alone in a program of Python. The release in the file name shows which text it is. */
function ruleOfPython(release: string): ProductRule {
  const digits = release.replace('.', String.raw`\.`);
  return {
    product: 'python',
    texts: [`\0${release}.`],
    form: new RegExp(String.raw`\0(${digits}\.\d+(?:(?:a|b|rc)\d+)?)(?=\0)`, 'g'),
  };
}
