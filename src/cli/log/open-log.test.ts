import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from 'pino';
import { ClairError } from '../../core/errors.ts';
import { redact } from '../../kit/redact.ts';
import { type LogOptions, openLog } from './open-log.ts';

function logging(format: LogOptions['format'], level: LogOptions['level'] = 'debug') {
  const lines: string[] = [];
  const log: Logger = openLog({ level, format, redact, write: (line) => lines.push(line) });
  return { log, lines };
}

/** Text of a hostile client: it forges a line, controls a terminal and reverses text. */
const hostile = 'a\r\n2026-01-01T00:00:00.000Z ERROR forged\u001b[2J\u009b31m\u0085\u2028\u202e\u0000';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the output must not contain these
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/;

test('writes level names and RFC 3339 times in JSON lines', () => {
  const { log, lines } = logging('json');
  for (const level of ['debug', 'info', 'warn', 'error', 'fatal'] as const) log[level]('a');
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    parsed.map(({ level }) => level),
    ['debug', 'info', 'warn', 'error', 'fatal'],
  );
  for (const { time, msg } of parsed) {
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(msg, 'a');
  }
});

test('begins text lines with time and level, and quotes values of several words', () => {
  const { log, lines } = logging('text');
  log.info(
    { route: 'v1/getLayer', reason: 'no token', count: 3, list: ['a'], none: undefined },
    'request "x"',
  );
  assert.match(
    lines.join(''),
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO {2}request "x" route=v1\/getLayer reason="no token" count=3 list=\["a"\]\n$/,
  );
});

test('names an error by its name, not by its class, whose name the bundle shortens', () => {
  const { log, lines } = logging('json');
  class e extends ClairError {}
  log.error({ err: new e('usage', 'a', { cause: new TypeError('b') }) }, 'failed');
  const { err } = JSON.parse(lines.join('')) as { err: Record<string, unknown> };
  assert.equal(err['type'], 'ClairError');
  assert.equal(err['message'], 'a: b');
  assert.match(String(err['stack']), /caused by: TypeError: b/);
});

for (const format of ['json', 'text'] as const)
  test(`${format}: escapes control characters of a client`, () => {
    const { log, lines } = logging(format);
    log.info({ path: hostile, [hostile]: 1, err: new Error(hostile) }, hostile);
    assert.equal(lines.length, 1);
    const [line = ''] = lines;
    assert.equal(line.indexOf('\n'), line.length - 1);
    assert.doesNotMatch(line, control);
  });

for (const format of ['json', 'text'] as const)
  test(`${format}: masks credentials in messages, fields and stacks`, () => {
    const { log, lines } = logging(format);
    const url = 'https://user:hidden@mirror.test/a?token=hidden&x=1';
    log.error({ url, err: new Error(`cannot fetch ${url}`), authorization: 'Bearer hidden' }, `at ${url}`);
    assert.doesNotMatch(lines.join(''), /hidden/);
    assert.match(lines.join(''), /mirror\.test\/a/);
  });

test('omits lines below the level', () => {
  const { log, lines } = logging('json', 'warn');
  log.info('a');
  log.warn('b');
  assert.equal(lines.length, 1);
});
