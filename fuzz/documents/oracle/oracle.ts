import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sample } from '../grammar.ts';

/** Thrown if Go is not installed or the program does not compile. */
export class OracleMissing extends Error {}

/** Reads samples as Go does. Returns the accepted readings of each, or an empty list if all readers refuse it. */
export type Oracle = (samples: readonly Sample[]) => readonly (readonly unknown[])[];

/** Compiles the program in this folder. The binary is removed when this process ends. */
export function buildOracle(): Oracle {
  const folder = mkdtempSync(join(tmpdir(), 'document-oracle-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true });
  });
  const program = join(folder, 'oracle');
  const built = spawnSync('go', ['build', '-o', program, join(import.meta.dirname, 'main.go')], {
    encoding: 'utf8',
    env: { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' },
  });
  if (built.error !== undefined) throw new OracleMissing('Go is not installed: install golang-go');
  if (built.status !== 0) throw new OracleMissing(`the oracle does not compile: ${built.stderr}`);
  return (samples) => {
    const lines = samples.map(({ kind, bytes }) => `${kind} ${bytes.toString('base64')}\n`);
    const { status, stdout, stderr } = spawnSync(program, {
      input: lines.join(''),
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
    });
    if (status !== 0) throw new Error(`the oracle exited with status ${status}: ${stderr}`);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown[]);
  };
}
