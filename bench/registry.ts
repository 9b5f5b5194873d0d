import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { clair } from './command.ts';
import { type Contender, measure } from './measure.ts';

/**
 * Measures an image from a registry against the same image on disk: `npm run bench -- registry --layout DIR [--rounds N]`. The registry is
 * Debian's docker-registry on this machine, over plain HTTP. The figures exclude the registry itself. Needs skopeo.
 */
const { values } = parseArgs({
  options: {
    layout: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    port: { type: 'string', default: '5011' },
  },
});
if (values.layout === undefined) {
  console.error('bench registry needs --layout with an OCI layout');
  process.exit(2);
}
const work = mkdtempSync(join(tmpdir(), 'clair-bench-registry-'));
const host = `127.0.0.1:${values.port}`;
const layout = resolve(values.layout);

const config = join(work, 'config.yml');
writeFileSync(
  config,
  JSON.stringify({
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(work, 'data') } },
    http: { addr: host },
  }),
);
const registry = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
// The registry ends with this process, which does not wait for it.
registry.unref();
process.on('exit', () => {
  registry.kill();
  rmSync(work, { recursive: true, force: true });
});
await answers();
run(
  'skopeo',
  'copy',
  '--insecure-policy',
  '--dest-tls-verify=false',
  `oci:${layout}`,
  `docker://${host}/image`,
);

/** Creates an SBOM, which needs no advisories, so the figures contain only the image. */
function listOf(target: string): Contender {
  return { name: target, command: `${clair} sbom ${target} --format json --db :memory:` };
}

const costs = measure([listOf(`oci:${layout}`), listOf(`registry:${host}/image`)], Number(values.rounds));
const [disk, remote] = [...costs.values()];
console.log(`Medians of ${values.rounds} runs.\n`);
console.log('| | wall ms | CPU ms | peak MB |\n|---|---:|---:|---:|');
for (const [name, { wallMs, cpuMs, peakMb }] of costs)
  console.log(
    `| ${name.split(':', 1)[0] ?? ''} | ${wallMs.toFixed(0)} | ${cpuMs.toFixed(0)} | ${peakMb.toFixed(0)} |`,
  );
console.log(`\nCPU ratio ${((remote?.cpuMs ?? 0) / (disk?.cpuMs ?? 1)).toFixed(3)}`);

async function answers(): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const isThere = await fetch(`http://${host}/v2/`).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await setTimeout(50);
  }
  throw new Error('the registry does not respond');
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} exited with status ${status}: ${stderr}`);
}
