import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { clair, scratch } from './clair.ts';

const directory = join(scratch, 'completion');
mkdirSync(directory);
for (const shell of ['bash', 'zsh', 'fish']) {
  const { status, stdout } = clair(['completion', shell]);
  assert.equal(status, 0);
  writeFileSync(join(directory, `_clair.${shell}`), stdout);
}
writeFileSync(join(directory, 'image.tar'), '');

/** Skips the test if the shell is missing on this machine. */
function skipWithout(shell: string): { readonly skip: string | false } {
  return { skip: spawnSync(shell, ['-c', 'true']).status === 0 ? false : `no ${shell} here` };
}

function output(shell: string, script: string): string[] {
  const { stdout, stderr, status } = spawnSync(shell, ['-c', script], { cwd: directory, encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Returns bash's completions of the last word. */
function inBash(...words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ');
  return output(
    'bash',
    `. ./_clair.bash; [[ $(complete -p clair) == *'-F _clair clair' ]] || exit 9
     COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _clair; printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
}

test('bash completes commands, options, their values and files', skipWithout('bash'), () => {
  assert.deepEqual(inBash('clair', 'sc'), ['scan']);
  assert.deepEqual(inBash('clair', 'db', 'u'), ['update']);
  assert.deepEqual(inBash('clair', 'scan', '--fo'), ['--format']);
  assert.deepEqual(inBash('clair', 'scan', '-f', 'j'), ['json', 'junit']);
  assert.deepEqual(inBash('clair', 'image', '--format', 'sa'), ['sarif']);
  assert.deepEqual(inBash('clair', 'sbom', '--format', 's'), ['spdx']);
  assert.deepEqual(inBash('clair', 'scan', 'im'), ['image.tar']);
  assert.deepEqual(inBash('clair', 'scan', '--ignore', 'im'), ['image.tar']);
  assert.deepEqual(inBash('clair', 'scan', '--platform', 'im'), []);
  assert.deepEqual(inBash('clair', 'completion', ''), ['bash', 'zsh', 'fish', '--help', '-h']);
});

test('fish completes commands and values', skipWithout('fish'), () => {
  const inFish = (line: string): string[] =>
    output('fish', `source _clair.fish; complete -C '${line}'`).map((word) => word.split('\t')[0] ?? '');
  assert.deepEqual(inFish('clair db up'), ['update']);
  assert.deepEqual(inFish('clair scan -f ju'), ['junit']);
  assert.deepEqual(inFish('clair completion z'), ['zsh']);
});

test('zsh accepts its script', skipWithout('zsh'), () => {
  output('zsh', 'zsh -n _clair.zsh');
});

test('refuses a shell without completion', () => {
  const run = clair(['completion', 'tcsh']);
  assert.equal(run.status, 2);
  assert.match(run.stderr, /Allowed choices are bash, zsh, fish/);
});
