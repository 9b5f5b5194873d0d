import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { clair } from './clair.ts';

const scratch = mkdtempSync(join(tmpdir(), 'clair-loaded-modules-'));
after(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs that save their compiled code, for which they need `node:v8`. */
const savingRuns = 4;

/** Modules of Node that a scan of a file with small layers does not need. Each takes milliseconds, of a start of sixty. */
const unneeded = [
  ...['net', 'tls', 'dns', 'crypto', 'v8', 'zlib', 'stream', 'perf_hooks'],
  ...['internal/fs/promises', 'internal/fs/streams', 'internal/crypto/webcrypto'],
];

describe('the modules of Node that a command loads', () => {
  it('loads neither the network nor cryptography nor streams to list the packages of a small file', () => {
    const list = join(scratch, 'list.json');
    const hook = join(scratch, 'hook.cjs');
    const write = `require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(process.moduleLoadList))`;
    writeFileSync(hook, `process.on('exit', () => { ${write}; });`);
    const image = resolve(import.meta.dirname, '../../examples/image.tar');
    for (let i = 0; i <= savingRuns; i++) {
      const run = clair(['sbom', image, '--db', join(scratch, 'clair.db')], {
        NODE_OPTIONS: `--require ${hook}`,
      });
      assert.equal(run.status, 0, run.stderr);
    }
    const loaded = JSON.parse(readFileSync(list, 'utf8')) as string[];
    assert.ok(loaded.includes('NativeModule sqlite'), 'the list is of the command');
    assert.deepEqual(
      unneeded.filter((name) => loaded.includes(`NativeModule ${name}`)),
      [],
    );
  });
});
