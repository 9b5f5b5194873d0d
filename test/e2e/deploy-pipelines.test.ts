import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { inCheckout } from './clair.ts';

/** A step of a composite action of GitHub. */
interface ActionStep {
  readonly id?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run?: string;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: { readonly steps: readonly ActionStep[] };
}

interface PipelineJob {
  readonly variables: Readonly<Record<string, string>>;
  readonly script: readonly string[];
  readonly artifacts: { readonly reports: { readonly container_scanning: string } };
}

type Runner = Readonly<Record<string, string | undefined>>;

/** Returns the environment of a job: the command on the path, as its installation leaves it, and advisories without network. */
function runner(t: TestContext): Runner {
  const directory = temporaryDirectory(t);
  const bin = join(directory, 'clair/bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(inCheckout('bin/clair'), join(bin, 'clair'));
  return {
    PATH: [bin, process.env['PATH']].join(delimiter),
    HOME: directory,
    XDG_CACHE_HOME: join(directory, 'cache'),
    RUNNER_TEMP: directory,
    CLAIR_MIRROR: inCheckout('examples/mirror'),
  };
}

function shell(script: string, env: Runner) {
  return spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script], {
    cwd: env['RUNNER_TEMP'],
    env,
    encoding: 'utf8',
  });
}

/** Adds rules that accept all findings, as a change under test could. */
function acceptEverything({ RUNNER_TEMP = assert.fail() }: Runner): void {
  const rules = 'ignore:\n  - id: CVE-*\n    reason: a change under test\n';
  writeFileSync(join(RUNNER_TEMP, '.clairignore.yaml'), rules);
}

/** Replaces `${{ inputs.name }}` as the runner of GitHub does. */
function withInputs(text: string, inputs: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$\{\{ inputs\.([\w-]+) \}\}/g,
    (_, name: string) => inputs[name] ?? assert.fail(name),
  );
}

test('the action of GitHub scans an image, writes SARIF, and fails at its gate', (t) => {
  const action = parse(readFileSync(inCheckout('deploy/github/action.yml'), 'utf8')) as Action;
  const step = action.runs.steps.find(({ id }) => id === 'scan') ?? assert.fail();
  const env = runner(t);
  acceptEverything(env);
  const scan = (failOn: string): number | null => {
    const inputs = {
      image: inCheckout('examples/image.tar'),
      'fail-on': failOn,
      ignore: action.inputs['ignore']?.default ?? assert.fail(),
    };
    const own = Object.entries(step.env ?? {}).map(([name, text]) => [name, withInputs(text, inputs)]);
    const { status, stdout } = shell(step.run ?? '', { ...env, ...(Object.fromEntries(own) as Runner) });
    assert.match(stdout, /CVE-2024-31449/);
    return status;
  };
  assert.equal(scan('high'), 1);
  assert.notEqual(scan('critical'), 1);
  const sarif = JSON.parse(readFileSync(join(env['RUNNER_TEMP'] ?? '', 'clair.sarif'), 'utf8')) as {
    runs: { results: { ruleId: string }[] }[];
  };
  assert.ok(sarif.runs[0]?.results.some(({ ruleId }) => ruleId.includes('CVE-2024-31449')));
  for (const { run = '' } of action.runs.steps)
    assert.doesNotMatch(run, /\$\{\{/, 'an input can add commands');
  assert.equal(action.inputs['fail-on']?.default, 'high');
});

test('the template of GitLab scans an image, and writes the report that it names', (t) => {
  const { clair: job } = parse(readFileSync(inCheckout('deploy/gitlab/clair.yml'), 'utf8')) as {
    clair: PipelineJob;
  };
  const env: Runner = { ...runner(t), SCANNED_IMAGE: inCheckout('examples/image.tar') };
  acceptEverything(env);
  const { SCAN_GATE = assert.fail(), SCAN_IGNORE = assert.fail() } = job.variables;
  const { status } = shell(job.script.join('\n'), { ...env, SCAN_GATE, SCAN_IGNORE });
  assert.equal(status, 1);
  const report = readFileSync(
    join(env['RUNNER_TEMP'] ?? '', job.artifacts.reports.container_scanning),
    'utf8',
  );
  assert.ok((JSON.parse(report) as { vulnerabilities: unknown[] }).vulnerabilities.length > 0);
});
