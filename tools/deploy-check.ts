/**
 * Checks the files of `deploy` with the tools that read them, and installs those of Kubernetes with Go and pip:
 *
 *     npm run deploy:check
 *
 * The Helm chart must make the objects of the Kustomize manifests, and these must match the schema of Kubernetes. The unit must have no
 * error.
 */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { comparable, manifestsIn } from './deploy/manifests.ts';
import { output } from './image/run-tool.ts';

const root = resolve(import.meta.dirname, '..');
const cache = join(root, '.cache/deploy-tools');
const chart = 'deploy/helm/clair';

/** The packages of Go with the tools. */
const packages = {
  helm: 'helm.sh/helm/v3/cmd/helm@v3.22.0',
  kustomize: 'sigs.k8s.io/kustomize/kustomize/v5@v5.7.1',
} as const;

mkdirSync(cache, { recursive: true });
process.env['GOBIN'] = cache;
process.env['GOFLAGS'] = '-mod=mod';

const byRole = ['--values', join(chart, 'values-by-role.yaml')];
for (const [directory, values] of [
  ['deploy/kubernetes', []],
  ['deploy/kubernetes/by-role', byRole],
] as const) {
  const built = run('kustomize', 'build', directory);
  const rendered = run('helm', 'template', 'clair', chart, '--namespace', 'clair', ...values);
  assert.deepEqual(comparable(manifestsIn(rendered)), comparable(manifestsIn(built)));
  console.log(`helm template ${values.join(' ')} equals kustomize build ${directory}`);
  const objects = join(cache, 'objects.yaml');
  writeFileSync(objects, built);
  console.log(validated(objects));
}
console.log(run('helm', 'lint', '--strict', chart));
console.log(run('helm', 'lint', '--strict', chart, ...byRole));
checkUnit();

/** Runs a tool, and installs it first if it is missing. */
function run(tool: keyof typeof packages, ...args: readonly string[]): string {
  const path = join(cache, tool);
  if (!existsSync(path)) output('go', ['install', packages[tool]], root);
  return output(path, args, root).toString();
}

/** Returns the results of validation by the schemas of Kubernetes, which the package of PyPI contains. Throws if an object is invalid. */
function validated(file: string): string {
  const python = join(cache, 'python');
  if (!existsSync(join(python, 'bin/kubernetes-validate'))) {
    output('python3', ['-m', 'venv', python]);
    output(join(python, 'bin/pip'), ['install', '--quiet', 'kubernetes-validate==1.37.0']);
  }
  return output(join(python, 'bin/kubernetes-validate'), ['--strict', file]).toString();
}

/** Checks the unit of systemd with a program that exists on every machine. */
function checkUnit(): void {
  const unit = join(cache, 'clair.service');
  copyFileSync(join(root, 'deploy/systemd/clair.service'), unit);
  output('sed', ['-i', 's|/usr/local/bin/clair|/bin/true|', unit]);
  console.log(output('systemd-analyze', ['verify', unit]).toString());
  const rating = output('systemd-analyze', ['security', '--offline=true', unit]).toString();
  console.log(rating.split('\n').find((line) => line.includes('Overall exposure')) ?? '');
}
