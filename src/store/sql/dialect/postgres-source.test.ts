import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClairError } from '../../../core/errors.ts';
import { parsePostgresSource } from './postgres-source.ts';

const emptyEnvironment = {};

/** Returns host, port, user, password and database of a connection string. */
function addressOf(source: string, environment: Record<string, string> = emptyEnvironment): unknown[] {
  const { host, port, user, password, database } = parsePostgresSource(source, environment).client;
  return [host, port, user, password, database];
}

/** Returns the message of the error for a string. */
function refusal(source: string): string {
  try {
    parsePostgresSource(source, emptyEnvironment);
  } catch (error) {
    assert.ok(error instanceof ClairError, String(error));
    assert.equal(error.code, 'store-unusable');
    assert.equal(error.cause, undefined);
    return error.message;
  }
  return assert.fail(`${source} was read`);
}

test('reads the same address from a URL and from keywords', () => {
  const expected = ['db.example.org', 6432, 'clair', 'a b/c', 'advisories'];
  for (const source of [
    'postgresql://clair:a%20b%2Fc@db.example.org:6432/advisories',
    'postgres://clair:a%20b%2Fc@db.example.org:6432/advisories?sslmode=disable&statement_timeout=60000',
    "host=db.example.org port=6432 user=clair password='a b/c' dbname=advisories",
    String.raw`  host = db.example.org  port= 6432 user =clair password=a\ b/c dbname='advisories'  `,
  ])
    assert.deepEqual(addressOf(source), expected, source);
});

test('reads quotes and backslashes in keywords', () => {
  const password = (source: string): unknown => addressOf(source)[3];
  assert.equal(password(String.raw`password='it\'s' user=a`), "it's");
  assert.equal(password(String.raw`password='a\\b' user=a`), String.raw`a\b`);
  assert.equal(password(String.raw`password=a\'b\\c user=a`), String.raw`a'b\c`);
  assert.equal(password("password='' user=a"), '');
  // As in libpq: spaces after the equals sign do not count.
  assert.equal(password('password= user=a'), 'user=a');
});

test('reads any password from both forms', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (password) => {
      const quoted = password.replaceAll(/['\\]/g, String.raw`\$&`);
      assert.equal(addressOf(`user=a password='${quoted}' host=h`)[3], password);
      assert.equal(addressOf(`postgresql://a:${encodeURIComponent(password)}@h/d`)[3], password);
    }),
  );
});

test('takes missing values from the environment, then from the defaults', () => {
  const environment = {
    PGHOST: 'env',
    PGPORT: '1',
    PGUSER: 'u',
    PGPASSWORD: 'p',
    PGDATABASE: 'd',
    PGSSLMODE: 'disable',
  };
  assert.deepEqual(addressOf('', environment), ['env', 1, 'u', 'p', 'd']);
  assert.deepEqual(addressOf('host=given port=2', environment), ['given', 2, 'u', 'p', 'd']);
  assert.equal(parsePostgresSource('', environment).client.ssl, false);
  assert.deepEqual(addressOf('user=clair'), ['localhost', 5432, 'clair', undefined, 'clair']);
  assert.deepEqual(addressOf('postgresql://clair@[::1]'), ['::1', 5432, 'clair', undefined, 'clair']);
});

test('requires SSL unless it is disabled', () => {
  const ssl = (source: string): unknown => parsePostgresSource(source, emptyEnvironment).client.ssl;
  assert.deepEqual(ssl('host=a'), { rejectUnauthorized: false });
  assert.deepEqual(ssl('host=a sslmode=require'), { rejectUnauthorized: false });
  assert.deepEqual(ssl('host=a sslmode=verify-full'), { rejectUnauthorized: true });
  assert.equal(ssl('host=a sslmode=disable'), false);
  assert.equal(ssl('host=/run/postgresql'), false);
  const names = ['sslcert', 'sslkey', 'sslrootcert'];
  const files = names.map((keyword) => `${keyword}='${import.meta.filename}'`).join(' ');
  const given = ssl(`host=a ${files}`);
  assert.ok(typeof given === 'object' && given !== null);
  assert.deepEqual(Object.keys(given), ['cert', 'key', 'ca', 'rejectUnauthorized', 'checkServerIdentity']);
});

test('passes any other keyword as a setting of the server', () => {
  const { client, settings } = parsePostgresSource(
    String.raw`user=a statement_timeout=60000 search_path='one, two' options='-c jit=off --work-mem=1MB -cDateStyle=ISO,\\ MDY' binary_parameters=yes pool_max_conns=33`,
    emptyEnvironment,
  );
  assert.deepEqual(settings.ofTransactions, [
    ['lock_timeout', '60000'],
    ['idle_in_transaction_session_timeout', '10000'],
    ['random_page_cost', '1.1'],
    ['jit', 'off'],
    ['work_mem', '1MB'],
    ['DateStyle', 'ISO, MDY'],
    ['statement_timeout', '60000'],
    ['search_path', 'one, two'],
  ]);
  // Poolers refuse it.
  assert.equal(client.options, undefined);
});

test('accepts that the server must be the primary one', () => {
  for (const attributes of ['any', 'read-write', 'primary']) {
    const source = parsePostgresSource(`host=a user=a target_session_attrs=${attributes}`, emptyEnvironment);
    assert.equal(
      source.settings.ofTransactions.some(([name]) => name === 'target_session_attrs'),
      false,
    );
  }
});

test('keeps user and password out of the name of a database', () => {
  const { name } = parsePostgresSource('postgresql://clair:secret@h:1/d', emptyEnvironment);
  assert.equal(name, 'd at h:1');
});

test('rejects an invalid string without repeating its password', () => {
  for (const [source, why] of [
    ['postgresql://clair:sec/ret@host:x/d', /it is not a valid URL/],
    ['postgresql://clair:%zz-secret@host/d', /it is not a valid URL/],
    ['host=a secret', /starting at character 7$/],
    ["host=a password='secret", /starting at character 7$/],
    ['host=a sslmode=secret', /its sslmode is not one of disable, require/],
    ['host=a port=secret', /its port is not a whole number$/],
    ['host=a connect_timeout=secret', /its connect_timeout is not a whole number$/],
    ['host=a se-cret=1', /keyword that cannot be the name of a setting$/],
    ["host=a options='-c jit'", /its options are not all of the form -c name=value$/],
    ['host=a sslinline=secret', /sslinline is not supported: remove it$/],
    ['host=a password=secret keepalives_idle=5', /keepalives_idle is not supported: remove it$/],
    [
      'host=a password=secret sslmode=prefer',
      /sslmode=prefer would connect without encryption if the server/,
    ],
    ['host=a password=secret sslmode=allow', /sslmode=allow would connect without encryption if the server/],
    ['postgresql://a:secret@one:5432,two:5433/d', /host names several servers: name one whose address/],
    [
      'postgresql://a:secret@one,two/d?target_session_attrs=read-write',
      /host names several servers: name one/,
    ],
    ['host=one,two password=secret', /host names several servers: name one whose address/],
    ['host=one port=1,2 password=secret', /port has several values: state one$/],
    [
      'host=a password=secret target_session_attrs=standby',
      /target_session_attrs must be read-write, primary or/,
    ],
    ['host=a sslkey=/nowhere', /the file of sslkey cannot be read: No such file or directory \(ENOENT\)/],
  ] as const) {
    const message = refusal(source);
    assert.match(message, why);
    assert.doesNotMatch(message, /sec|ret$/);
  }
});
