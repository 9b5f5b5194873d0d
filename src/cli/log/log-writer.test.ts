import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';

/** Runs a script that writes lines with `take` to standard error, which the parent does not read yet. */
function run(t: TestContext, script: string) {
  const module = JSON.stringify(new URL('log-writer.ts', import.meta.url).href);
  const source = `import { logWriter } from ${module};
    const take = logWriter({ shape: (line) => line });
    ${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

const line = `${'x'.repeat(999)}\n`;

test('does not block the process when the reader is slow, and loses no line', async (t) => {
  const child = run(
    t,
    `for (let i = 0; i < 2000; i++) take(${JSON.stringify(line)}, i % 2 === 0);
    setTimeout(() => process.stdout.write('alive'), 1);
    setInterval(() => undefined, 1000);`,
  );
  await once(child.stdout, 'data');
  let received = '';
  for await (const chunk of child.stderr) {
    received += String(chunk);
    if (received.length === line.length * 2000) break;
  }
  assert.equal(received, line.repeat(2000));
});

test('logs the number of dropped lines when the reader does not read', async (t) => {
  const child = run(
    t,
    `for (let i = 0; i < 10_000; i++) take(${JSON.stringify(line)}, false);
    process.stdout.write('alive');
    setInterval(() => undefined, 1000);`,
  );
  await once(child.stdout, 'data');
  let received = '';
  for await (const chunk of child.stderr) {
    received += String(chunk);
    if (received.endsWith('too slow"}\n')) break;
  }
  const lines = received.trimEnd().split('\n');
  const last = JSON.parse(lines.pop() ?? '') as { lines: number; level: string };
  assert.equal(last.level, 'warn');
  assert.equal(last.lines + lines.length, 10_000);
});

test('writes the last lines when the process exits', async (t) => {
  const child = run(t, `take('a\\n', true); take('b\\n', false); take('c\\n', true); process.exit(3);`);
  assert.equal(await text(child.stderr), 'a\nb\nc\n');
});

test('exits in time when the reader reads nothing', async (t) => {
  const child = run(
    t,
    `for (let i = 0; i < 2000; i++) take(${JSON.stringify(line)}, false); process.exit(3);`,
  );
  assert.deepEqual(await once(child, 'exit'), [3, null]);
});
