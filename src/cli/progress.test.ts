import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ProgressLine } from './progress.ts';

/** Returns a terminal that records its output, and stops the clock. */
function terminal(context: TestContext, columns = 80) {
  context.mock.timers.enable({ apis: ['Date', 'setTimeout'] });
  const drawn: string[] = [];
  const write = (text: string): unknown => drawn.push(text.replace('\r\u001b[K', ''));
  return { drawn, line: new ProgressLine({ columns, write }) };
}

const url = 'https://security-tracker.debian.org/tracker/data/json/of/all/releases/that/there/are.json';

test('redraws at most ten times a second', (context) => {
  const { drawn, line } = terminal(context);
  line.show('fetching advisories debian tracker');
  for (let piece = 1; piece <= 1000; piece++) {
    context.mock.timers.tick(1);
    line.transfer({ url, receivedBytes: piece * 10_000, totalBytes: 10_000_000 });
  }
  assert.ok(drawn.length <= 11, `drawn ${drawn.length} times in a second`);
  context.mock.timers.tick(100);
  assert.match(drawn.at(-1) ?? '', /10\.0 of 10\.0 MB, 100 %, \d+\.\d MB\/s$/);
});

test('fits the line to the terminal by cutting the middle of the URL', (context) => {
  const { drawn, line } = terminal(context);
  line.show({ name: 'debian tracker', position: { n: 12, of: 300 } });
  context.mock.timers.tick(100);
  line.transfer({ url, receivedBytes: 0, totalBytes: 14_000_000 });
  context.mock.timers.tick(1000);
  line.transfer({ url, receivedBytes: 6_600_000, totalBytes: 14_000_000 });
  context.mock.timers.tick(100);
  const last = drawn.at(-1) ?? '';
  assert.match(
    last,
    /^\[12\/300\] debian tracker https:\/\/\S+…\S+\.json {2}6\.6 of 14\.0 MB, 47 %, 6\.6 MB\/s$/,
  );
  for (const text of drawn) assert.ok(text.length < 80, text);
});

test('keeps the numbers when the terminal is narrow', (context) => {
  const { drawn, line } = terminal(context, 40);
  line.show('fetching advisories debian tracker');
  context.mock.timers.tick(100);
  line.transfer({ url, receivedBytes: 1_000_000 });
  assert.equal(drawn.at(-1), 'fetching adviso… debian tracker  1.0 MB');
  assert.ok((drawn.at(-1) ?? '').length < 40);
});

test('omits the percentage without a total, and the rate before half a second', (context) => {
  const { drawn, line } = terminal(context);
  line.show('step');
  context.mock.timers.tick(100);
  line.transfer({ url: 'file:///a', receivedBytes: 1_500_000 });
  assert.equal(drawn.at(-1), 'step file:///a  1.5 MB');
});

test('draws the last step after the interval, and nothing after the line was removed', (context) => {
  const { drawn, line } = terminal(context);
  line.show('first');
  line.show('second');
  assert.deepEqual(drawn, ['first']);
  context.mock.timers.tick(100);
  assert.deepEqual(drawn, ['first', 'second']);
  line.show('third');
  line.clear();
  context.mock.timers.tick(1000);
  assert.deepEqual(drawn, ['first', 'second', '']);
  assert.equal(line.step, 'third');
});

test('escapes control characters in the name of a step', (context) => {
  const { drawn, line } = terminal(context);
  line.show('opening a\u001b[2J\nb');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the output must not contain these.
  assert.doesNotMatch(drawn[0] ?? '', /[\u0000-\u001f]/);
});
