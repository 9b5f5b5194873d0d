import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const program = join(import.meta.dirname, '../../fuzz/unpack/main.ts');
const isRoot = process.getuid?.() === 0;
const skip = isRoot || process.env['CI'] !== undefined ? false : 'runtimes lay images down as root';

test('lists the same as umoci and containerd unpack, or reports a problem, for 2,000 unusual images', {
  skip,
}, (t) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, '--images', '2000', '--seed', '1'],
    {
      encoding: 'utf8',
    },
  );
  t.diagnostic(stdout);
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.match(stdout, /^dangerous +0 /m);
});
