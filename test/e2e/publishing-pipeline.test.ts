import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { testAuthority } from '../../src/testing/certificates.ts';
import { missingTool } from '../../src/testing/image-builder.ts';
import { temporaryDirectory } from '../../src/testing/shard-files.ts';
import { clair, inCheckout, type Run } from './clair.ts';
import { debianRegistry, noRegistry } from './debian-registry.ts';
import { done, image, mirror } from './publication.ts';

const examples = inCheckout('examples/database');

/** A repository with the example, its keys, and stand-ins for the programs of a runner that need a network. */
class Runner {
  readonly directory: string;
  readonly #tools: string;

  constructor(context: TestContext) {
    this.directory = temporaryDirectory(context);
    this.#tools = join(this.directory, 'tools');
    for (const file of ['publish.sh', 'sign-aws.sh'])
      cpSync(join(examples, file), join(this.directory, file));
    mkdirSync(this.#tools);
    for (const name of ['npm', 'apt-get']) this.addTool(name, 'exit 0');
    this.addTool('clair', `exec "${inCheckout('bin/clair')}" "$@"`);
    const database = join(this.directory, 'first.db');
    done(clair(['db', 'update', 'kev', '--mirror', mirror, '--db', database]));
    done(clair(['db', 'build', join(this.directory, 'first'), '--db', database, '--keys', this.keys]));
  }

  get keys(): string {
    return join(this.directory, 'keys');
  }

  addTool(name: string, script: string): void {
    const path = join(this.#tools, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }

  /** Moves a private key out of the directory of keys. Returns its new path. */
  takeKey(role: string): string {
    const name = readdirSync(this.keys).find((file) => file.startsWith(`${role}-`)) ?? assert.fail(role);
    const path = join(this.directory, `${role}.pem`);
    renameSync(join(this.keys, name), path);
    return path;
  }

  run(script: string, env: Readonly<Record<string, string>>): Run {
    const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', script], {
      cwd: this.directory,
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: [this.#tools, process.env['PATH']].join(delimiter),
        XDG_CACHE_HOME: join(this.directory, 'cache'),
        REGISTRY_AUTH_FILE: join(this.directory, 'auth.json'),
        CLAIR_MIRROR: mirror,
        SOURCES: 'alpine kev',
        ...env,
      },
    });
    return { status, stdout, stderr };
  }
}

/** The job of a CI system: its variables, and its shell steps with theirs. */
interface Job {
  readonly variables: Readonly<Record<string, string>>;
  readonly steps: readonly {
    readonly script: string;
    readonly variables: Readonly<Record<string, string>>;
  }[];
}

interface Workflow {
  readonly on: { readonly schedule: readonly { readonly cron: string }[] };
  readonly jobs: {
    readonly publish: {
      readonly env: Record<string, string>;
      readonly steps: readonly { readonly run?: string; readonly env?: Record<string, string> }[];
    };
  };
}

function gitHubJob(): Job {
  const workflow = parse(readFileSync(join(examples, 'github-actions.yml'), 'utf8')) as Workflow;
  assert.deepEqual(workflow.on.schedule, [{ cron: '17 */6 * * *' }]);
  const { env, steps } = workflow.jobs.publish;
  return {
    variables: env,
    steps: steps.flatMap(({ run, env: variables = {} }) =>
      run === undefined ? [] : [{ script: run, variables }],
    ),
  };
}

interface GitLabFile {
  readonly 'publish-advisories': {
    readonly variables: Record<string, string>;
    readonly before_script: readonly string[];
    readonly script: readonly string[];
  };
}

function gitLabJob(): Job {
  const file = parse(readFileSync(join(examples, 'gitlab-ci.yml'), 'utf8')) as GitLabFile;
  const { variables, before_script: before, script } = file['publish-advisories'];
  return { variables, steps: [...before, ...script].map((line) => ({ script: line, variables: {} })) };
}

/** Runs the steps of a job as its CI system would. `values` are the secrets and the variables that the system sets. */
function runJob(runner: Runner, { variables, steps }: Job, values: Readonly<Record<string, string>>): void {
  const resolve = (of: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(of).map(([name, value]) => [
        name,
        value.replaceAll(/\$\{\{ (?:secrets\.)?([\w.]+) \}\}|\$(\w+)/g, (_, ofGitHub, ofGitLab) => {
          const wanted = String(ofGitHub ?? ofGitLab);
          return values[wanted] ?? assert.fail(wanted);
        }),
      ]),
    );
  for (const step of steps)
    done(
      runner.run(step.script, { ...values, ...resolve(variables), ...resolve(step.variables), ...values }),
    );
}

for (const [system, job] of [
  ['GitHub Actions', gitHubJob()],
  ['GitLab', gitLabJob()],
] as const)
  test(`publishes a signed database to a registry twice when ${system} runs its steps`, {
    skip: noRegistry,
  }, async (t) => {
    const runner = new Runner(t);
    const authority = testAuthority(t);
    const { port } = await debianRegistry(t, { tls: authority.issue('localhost'), isPrivate: true });
    const host = `localhost:${port}`;
    const [targets, online] = [runner.takeKey('targets'), runner.takeKey('online')];
    // GitHub has secrets as text, and GitLab as files.
    const secret = (path: string): string => (system === 'GitLab' ? path : readFileSync(path, 'utf8').trim());
    const values = {
      SSL_CERT_FILE: authority.cert,
      REGISTRY: host,
      PUBLICATION: `docker://${host}/advisories:1`,
      'github.repository': 'example/advisories',
      CI_REGISTRY: host,
      CI_REGISTRY_IMAGE: `${host}/advisories`,
      GITHUB_ACTOR: 'me',
      GITHUB_TOKEN: 'secret',
      CI_REGISTRY_USER: 'me',
      CI_REGISTRY_PASSWORD: 'secret',
      TARGETS_KEY: secret(targets),
      ONLINE_KEY: secret(online),
    };
    runJob(runner, job, values);
    runJob(runner, job, values);
    const published = `registry:${host}/advisories:1`;
    const env = {
      SSL_CERT_FILE: authority.cert,
      CLAIR_REGISTRY_HOST: host,
      CLAIR_REGISTRY_USERNAME: 'me',
      CLAIR_REGISTRY_PASSWORD: 'secret',
    };
    assertTrusted(runner, published, env);
    const options = ['--root', join(runner.keys, '1.root.json'), '--db', join(runner.directory, 'client.db')];
    assert.match(done(clair(['db', 'status', '--from', published, ...options], env)), /, version 2 of /);
    const scanned = clair(['scan', image, '--no-lookups', '--from', published, ...options], env);
    assert.match(done(scanned), /CVE-2024-31449/);
  });

/** Asserts that a client with the first root verifies a publication. */
function assertTrusted(
  { keys }: Runner,
  publication: string,
  env: Readonly<Record<string, string>> = {},
): void {
  const run = clair(['db', 'verify', publication, '--root', join(keys, '1.root.json')], env);
  assert.match(done(run), /^\d+ of \d+ namespaces are sound, signed below the root that was named$/m);
}

test('signs with a command of AWS when no private key is in the directory', {
  skip: missingTool('openssl'),
}, (t) => {
  const runner = new Runner(t);
  for (const role of ['targets', 'snapshot', 'timestamp']) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    writeFileSync(
      join(runner.directory, `alias-${role}.pem`),
      privateKey.export({ format: 'pem', type: 'pkcs8' }),
    );
    const path = join(runner.directory, `${role}-public.pem`);
    writeFileSync(path, publicKey.export({ format: 'pem', type: 'spki' }));
    done(clair(['db', 'keys', 'rotate', runner.keys, role, '--public-key', path]));
  }
  for (const name of ['root', 'targets', 'online']) runner.takeKey(name);
  // A stand-in for the command of AWS, which signs with files.
  runner.addTool(
    'aws',
    'role=$(basename "$4" | cut -d- -f2); test "$1 $2 $3" = "kms sign --key-id" && openssl dgst -sha256 -sign "alias-$role.pem" | base64 -w 0',
  );
  const publication = join(runner.directory, 'public');
  done(
    runner.run('sh publish.sh', {
      PUBLICATION: `oci:${publication}:1`,
      STATE: 'state',
      KEYS: 'keys',
      SIGNER: './sign-aws.sh',
    }),
  );
  assertTrusted(runner, publication);
});

test('publishes what there is and ends with 3 when a feed cannot be updated, and nothing without a root', (t) => {
  const runner = new Runner(t);
  const env = { PUBLICATION: 'oci:public:1', STATE: 'state', KEYS: 'keys' };
  const damaged = join(runner.directory, 'damaged mirror');
  cpSync(mirror, damaged, { recursive: true });
  truncateSync(join(damaged, 'secdb.alpinelinux.org/v3.20/main.json'), 100);
  const partial = runner.run('sh publish.sh', { ...env, CLAIR_MIRROR: damaged });
  assert.equal(partial.status, 3, partial.stderr);
  assertTrusted(runner, join(runner.directory, 'public'));
  rmSync(join(runner.directory, 'public'), { recursive: true });
  rmSync(join(runner.keys, '1.root.json'));
  const refused = runner.run('sh publish.sh', env);
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /keys has no root document/);
  assert.ok(!existsSync(join(runner.directory, 'public')));
});
