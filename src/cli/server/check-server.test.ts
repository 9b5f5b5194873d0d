import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { loadConfig } from '../config.ts';
import { planServer } from './server-plan.ts';
import { checkServer, startServer } from './start-server.ts';

const sum = 'a'.repeat(64);

/** Settings below `clair:`, each with the expected message. */
const bad: readonly (readonly [title: string, settings: string, message: RegExp])[] = [
  [
    'a token is written instead of its hash',
    'api: { tokens: ["scan:mytoken"] }',
    /^api\.tokens must have .*config token/,
  ],
  ['the scope of a token is unknown', `api: { tokens: ["root:${sum}"] }`, /^api\.tokens must have/],
  ['the name of a token has spaces', `api: { tokens: ["read:${sum}:a b"] }`, /^api\.tokens must have/],
  ['the pagination key is short', 'api: { paginationkey: short }', /^api\.paginationkey must be 32 bytes/],
  [
    'the pagination key of v3 is short',
    'database: { options: { paginationkey: s } }',
    /paginationkey must be 32/,
  ],
  [
    'a port is too large',
    'api: { addr: "127.0.0.1:99999" }',
    /^api\.addr takes an address .* not 127\.0\.0\.1:99999$/,
  ],
  ['an API is unknown', 'api: { apis: [v2] }', /^api\.apis takes v1, v3, .* not v2$/],
  ['the console has no API', 'api: { apis: [console] }', /^api\.apis has console without native/],
  ['an address has no port', 'api: { healthaddr: "localhost" }', /^api\.healthaddr takes an address/],
  ['both listen on one port', 'api: { port: 6060, healthport: 6060 }', /both listen on port 6060/],
  [
    'both listen on one port of an address',
    'api: { addr: "127.0.0.1:1", healthaddr: ":1" }',
    /both listen on port 1/,
  ],
  [
    'the certificate cannot be read',
    'api: { certfile: /no/c.pem, keyfile: /no/c.key }',
    /^api\.certfile \/no\/c\.pem cannot/,
  ],
  [
    'a credential file does not exist',
    'images: { authfile: /no/config.json }',
    /^images\.authfile names \/no\/config\.json, which does not exist$/,
  ],
  [
    'the file of chosen credentials does not exist',
    'images: { credentials: { team: { authfile: /no/team.json } } }',
    /^images\.credentials\.team\.authfile names \/no\/team\.json, which does not exist$/,
  ],
  ['the key of a certificate is missing', 'api: { certfile: /no/c.pem }', /must be set together/],
  ['an authority stands alone', 'api: { cafile: /no/ca.pem }', /^api\.cafile needs/],
  [
    'a network is malformed',
    'worker: { sources: { policy: strict, networks: [10.0.0.0/99] } }',
    /^worker\.sources\.networks/,
  ],
  ['a lister is unknown', 'worker: { feature_listers: [dpgk] }', /^worker\.feature_listers names dpgk/],
  ['a detector is unknown', 'worker: { namespace_detectors: [x] }', /^worker\.namespace_detectors names x/],
  [
    'an updater is unknown',
    'updater: { enabledupdaters: [debain] }',
    /^updater\.enabledupdaters names debain: did you mean debian\?$/,
  ],
  [
    'a feed is unknown',
    'updater: { sources: { debian: { feeds: [x] } } }',
    /^updater\.sources\.debian\.feeds names x/,
  ],
  [
    'a webhook is not a URL',
    'notifier: { http: { endpoint: "hooks" } }',
    /^notifier\.http\.endpoint must be an http or https URL/,
  ],
  [
    'a channel has no TLS',
    'notifier: { slack: { endpoint: "http://s.test/x" } }',
    /^notifier\.slack\.endpoint must be an https URL/,
  ],
  [
    'digests have no content',
    'notifier: { digest: 1h, http: { endpoint: "http://h.test" } }',
    /notifier\.digest needs/,
  ],
  [
    'the certificate of a webhook is missing',
    'notifier: { http: { endpoint: "https://h.test", cafile: /no/ca } }',
    /^notifier\.http\.cafile names \/no\/ca/,
  ],
  [
    'a directory of a mirror is missing',
    'updater: { mirror: /no/mirror }',
    /^updater\.mirror names \/no\/mirror, and there is no such directory$/,
  ],
  [
    'the mirror of a source is missing',
    'updater: { sources: { debian: { mirror: /no/own } } }',
    /^updater\.sources\.debian\.mirror names \/no\/own/,
  ],
  [
    'a header of traces has no value',
    'tracing: { endpoint: "http://t.test", headers: hidden }',
    /^tracing\.headers takes name=value, separated by commas$/,
  ],
  ['the endpoint of traces is not a URL', 'tracing: { endpoint: "://" }', /not a URL/],
  ['a plugin is missing', 'plugins: [./no-such-plugin.ts]', /no-such-plugin/],
];

/** Settings with options of the other engine. They configure no database otherwise. */
const otherEngine: readonly (readonly [title: string, settings: string, message: RegExp])[] = [
  [
    'sqlite has a connection string',
    'database: { type: sqlite, options: { source: "host=db" } }',
    /^database\.options\.source belongs to pgsql, and database\.type is sqlite/,
  ],
  [
    'no engine is named beside a connection string',
    'database: { options: { source: "host=db" } }',
    /^database\.options\.source belongs to pgsql/,
  ],
  [
    'sqlite has a number of connections',
    'database: { options: { maxopenconnections: 3 } }',
    /^database\.options\.maxopenconnections belongs to pgsql/,
  ],
  [
    'pgsql has a file',
    'database: { type: pgsql, options: { source: "host=db", path: /a.db } }',
    /^database\.options\.path belongs to sqlite, and database\.type is pgsql/,
  ],
  [
    'pgsql has no connection string',
    'database: { type: pgsql }',
    /^database\.type is pgsql, and database\.options\.source is not set$/,
  ],
  ['a connection string is malformed', 'database: { type: pgsql, options: { source: "host" } }', /./],
  [
    'a fixture is named',
    'database: { options: { fixturepath: /f.yaml } }',
    /^database\.options\.fixturepath is not supported/,
  ],
];

for (const [title, settings, message] of [...bad, ...otherEngine])
  test(`refuses the configuration in config check and serve, before any work, when ${title}`, async (t) => {
    const { config, hasDatabase, directory } = writeConfig(t, settings);
    const options = { plugins: { names: config.plugins, directory } };
    const refusal = { code: 'config-invalid', message };
    await assert.rejects(checkServer(config, options), refusal);
    await assert.rejects(startServer(config, { ...options, log: pino({ level: 'silent' }) }), refusal);
    assert.equal(hasDatabase(), false);
  });

test('lists all problems in one error, each once', async (t) => {
  const { config } = writeConfig(t, 'api: { addr: "a:99999", tokens: [hidden] }');
  await assert.rejects(checkServer(config, {}), ({ message }: Error) => {
    assert.match(message, /^the configuration cannot be used:\n {2}api\.addr .*\n {2}api\.tokens .*$/);
    assert.doesNotMatch(message, /hidden/);
    return true;
  });
});

test('accepts a configuration with tokens, keys and networks', async (t) => {
  const key = Buffer.alloc(32, 1).toString('base64');
  const { config, hasDatabase } = writeConfig(
    t,
    `api: { addr: "0.0.0.0:0", tokens: ["scan:${sum}:ci"], paginationkey: "${key}" }, worker: { sources: { networks: [10.0.0.0/8] } }`,
  );
  await checkServer(config, {});
  assert.equal(hasDatabase(), false);
});

test('refuses credentials of registries in the environment that name no host', async (t) => {
  const { config } = writeConfig(t, 'api: { addr: "127.0.0.1:0" }');
  const env = { CLAIR_REGISTRY_USERNAME: 'me', CLAIR_REGISTRY_PASSWORD: 'hidden' };
  await assert.rejects(planServer(config, { env }), {
    message: /^CLAIR_REGISTRY_TOKEN, .* need CLAIR_REGISTRY_HOST=HOST\[:PORT\] for a server/,
  });
  await planServer(config, { env: { ...env, CLAIR_REGISTRY_HOST: 'registry.example' } });
});

/** Reads a configuration file with these settings, whose database is in a temporary directory. */
function writeConfig(t: TestContext, settings: string) {
  const directory = temporaryDirectory(t);
  const database = join(directory, 'clair.db');
  const file = join(directory, 'config.yaml');
  writeFileSync(file, `clair: { ${settings} }\n`);
  const hasOwn = settings.includes('database:');
  const env = hasOwn ? {} : { CLAIR_DATABASE_OPTIONS_PATH: database };
  return {
    config: loadConfig({ config: file }, env),
    hasDatabase: () => existsSync(database),
    directory,
  };
}

test('refuses drop-ins of a file of Clair v4, and ignores other files beside it', (t) => {
  const config = join(temporaryDirectory(t), 'config.yaml');
  writeFileSync(config, 'http_listen_addr: ":0"');
  mkdirSync(`${config}.d`);
  writeFileSync(join(`${config}.d`, 'README.md'), '');
  writeFileSync(join(`${config}.d`, 'a.json'), '{}');
  assert.equal(loadConfig({ config }, {}).api.addr, ':0');
  for (const name of ['auth.yaml', 'auth.yaml-patch']) {
    const path = join(`${config}.d`, name);
    writeFileSync(path, '');
    assert.throws(() => loadConfig({ config }, {}), {
      code: 'config-invalid',
      message: /auth\.yaml.* is not read/,
    });
    rmSync(path);
  }
});
