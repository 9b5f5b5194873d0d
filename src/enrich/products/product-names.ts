import type { assessedProducts } from '../../model/namespace.ts';

type Product = (typeof assessedProducts)[number];

/** The names of a product in records of CVEs, in lower case. */
interface ProductNames {
  /** `vendor|product` of CVE records. Assigners write `n/a` for a project without a company. */
  readonly inRecords: readonly string[];
  /** `vendor:product` of CPE names. */
  readonly inCpes: readonly string[];
  /** Repositories, without scheme. A record without vendor and product may name one. */
  readonly repositories: readonly string[];
}

/**
 * Spellings of real records. A vendor is required, as forks and other software have the same names: `Cloudflare|zlib`, `Oracle
 * Corporation|HTTP Server`, `Red Hat|Red Hat Enterprise Linux 8`.
 */
const namesOfProducts: Readonly<Record<Product, ProductNames>> = {
  bash: {
    inRecords: ['gnu|bash', 'n/a|bash', 'gnu project|bash'],
    inCpes: ['gnu:bash'],
    repositories: ['git.savannah.gnu.org/git/bash.git', 'git.savannah.gnu.org/cgit/bash.git'],
  },
  busybox: {
    inRecords: ['busybox|busybox', 'n/a|busybox'],
    inCpes: ['busybox:busybox'],
    repositories: ['git.busybox.net/busybox', 'github.com/mirror/busybox'],
  },
  curl: {
    inRecords: [
      ...['curl|curl', 'curl|libcurl', 'haxx|curl', 'haxx|libcurl', 'n/a|curl', 'n/a|libcurl'],
      ...['n/a|https://github.com/curl/curl', 'curl project|curl', 'the curl project|curl'],
    ],
    inCpes: ['haxx:curl', 'haxx:libcurl', 'curl:curl', 'curl:libcurl'],
    repositories: ['github.com/curl/curl'],
  },
  erlang: {
    inRecords: ['erlang|otp', 'erlang|erlang/otp', 'erlang|erlang\\/otp', 'n/a|erlang/otp', 'erlang|erlang'],
    inCpes: ['erlang:erlang/otp', 'erlang:otp'],
    repositories: ['github.com/erlang/otp'],
  },
  haproxy: {
    inRecords: ['haproxy|haproxy', 'haproxy technologies|haproxy', 'n/a|haproxy'],
    inCpes: ['haproxy:haproxy'],
    repositories: ['github.com/haproxy/haproxy', 'git.haproxy.org'],
  },
  httpd: {
    inRecords: [
      'apache software foundation|apache http server',
      'apache|http_server',
      'n/a|apache http server',
    ],
    inCpes: ['apache:http_server'],
    repositories: ['github.com/apache/httpd'],
  },
  lighttpd: {
    inRecords: ['lighttpd|lighttpd', 'n/a|lighttpd'],
    inCpes: ['lighttpd:lighttpd'],
    repositories: ['github.com/lighttpd/lighttpd1.4', 'git.lighttpd.net/lighttpd/lighttpd1.4'],
  },
  mariadb: {
    inRecords: [
      ...['mariadb|mariadb', 'mariadb|mariadb server', 'mariadb foundation|mariadb', 'n/a|mariadb'],
      ...['mariadb foundation|mariadb server', 'mariadb corporation|mariadb server'],
    ],
    inCpes: ['mariadb:mariadb'],
    repositories: ['github.com/mariadb/server'],
  },
  memcached: {
    inRecords: ['memcached|memcached', 'n/a|memcached'],
    inCpes: ['memcached:memcached'],
    repositories: ['github.com/memcached/memcached'],
  },
  nginx: {
    inRecords: [
      ...['f5|nginx open source', 'f5|nginx', 'f5|nginx_open_source', 'nginx|nginx', 'n/a|nginx'],
      ...['f5 networks|nginx', 'nginx|nginx open source'],
    ],
    inCpes: ['nginx:nginx', 'f5:nginx', 'f5:nginx_open_source'],
    repositories: ['github.com/nginx/nginx'],
  },
  node: {
    inRecords: [
      ...['node.js|node.js', 'node.js|node', 'nodejs|node', 'nodejs|node.js', 'nodejs|nodejs'],
      ...['n/a|node.js', 'n/a|https://github.com/nodejs/node', 'node.js|nodejs'],
    ],
    inCpes: ['nodejs:node.js', 'nodejs:nodejs'],
    repositories: ['github.com/nodejs/node'],
  },
  openssl: {
    inRecords: ['openssl|openssl', 'n/a|openssl', 'openssl software foundation|openssl'],
    inCpes: ['openssl:openssl'],
    repositories: ['github.com/openssl/openssl', 'git.openssl.org/openssl.git'],
  },
  perl: {
    inRecords: ['perl|perl', 'n/a|perl', 'shay|perl'],
    inCpes: ['perl:perl'],
    repositories: ['github.com/perl/perl5'],
  },
  php: {
    inRecords: ['php group|php', 'php_group|php', 'php|php', 'n/a|php', 'the php group|php'],
    inCpes: ['php:php', 'php_group:php'],
    repositories: ['github.com/php/php-src'],
  },
  postgresql: {
    inRecords: ['n/a|postgresql', 'postgresql|postgresql', 'postgresql global development group|postgresql'],
    inCpes: ['postgresql:postgresql'],
    repositories: ['github.com/postgres/postgres', 'git.postgresql.org/git/postgresql.git'],
  },
  python: {
    inRecords: [
      ...['python software foundation|cpython', 'python_software_foundation|cpython', 'python|cpython'],
      ...['python|python', 'python software foundation|python', 'n/a|cpython', 'n/a|python'],
    ],
    inCpes: ['python:python', 'python:cpython', 'python_software_foundation:cpython'],
    repositories: ['github.com/python/cpython'],
  },
  redis: {
    inRecords: ['redis|redis', 'n/a|redis', 'redislabs|redis', 'redis|redis-server'],
    inCpes: ['redis:redis', 'redislabs:redis'],
    repositories: ['github.com/redis/redis'],
  },
  ruby: {
    inRecords: ['ruby-lang|ruby', 'ruby|ruby', 'n/a|ruby'],
    inCpes: ['ruby-lang:ruby'],
    repositories: ['github.com/ruby/ruby'],
  },
  valkey: {
    inRecords: ['valkey-io|valkey', 'valkey|valkey', 'lfprojects|valkey', 'linux foundation|valkey'],
    inCpes: ['lfprojects:valkey', 'valkey-io:valkey', 'linuxfoundation:valkey'],
    repositories: ['github.com/valkey-io/valkey'],
  },
  xz: {
    inRecords: ['tukaani-project|xz', 'tukaani|xz', 'tukaani|xz utils', 'n/a|xz', 'n/a|xz utils'],
    inCpes: ['tukaani:xz', 'tukaani:xz_utils'],
    repositories: ['github.com/tukaani-project/xz', 'git.tukaani.org/xz.git'],
  },
  zlib: {
    inRecords: ['zlib|zlib', 'madler|zlib', 'n/a|zlib'],
    inCpes: ['zlib:zlib', 'gnu:zlib'],
    repositories: ['github.com/madler/zlib'],
  },
};

/** The members of an element of `affected` that name a product (CVE record format 5.2). */
export interface NamedProduct {
  readonly vendor?: unknown;
  readonly product?: unknown;
  readonly repo?: unknown;
  readonly collectionURL?: unknown;
}

const productsByRecordName = byName(({ inRecords }) => inRecords);
const productsByCpe = byName(({ inCpes }) => inCpes);
const productsByRepository = byName(({ repositories }) => repositories);

function byName(namesOf: (names: ProductNames) => readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(namesOfProducts).flatMap(([product, names]) =>
      namesOf(names).map((name) => [name, product] as const),
    ),
  );
}

/** Returns the product that an element of `affected` names. Undefined if it is another one. */
export function productInRecord({ vendor, product, repo, collectionURL }: NamedProduct): string | undefined {
  if (typeof product === 'string') {
    const who = typeof vendor === 'string' ? vendor.trim().toLowerCase() : 'n/a';
    return productsByRecordName.get(`${who}|${product.trim().toLowerCase()}`);
  }
  // Red Hat states the versions of the project under its repository, without vendor and product.
  return vendor === undefined ? (productAt(repo) ?? productAt(collectionURL)) : undefined;
}

function productAt(url: unknown): string | undefined {
  if (typeof url !== 'string') return undefined;
  const place = url.toLowerCase().replace(/^[a-z+]{1,10}:\/\//, '');
  return productsByRepository.get(place.endsWith('/') ? place.slice(0, -1) : place);
}

/** Returns the product that a CPE name of version 2.3 names. Undefined if it is another one. */
export function productInCpe(vendor: string, product: string): string | undefined {
  return productsByCpe.get(`${vendor}:${product}`);
}
