import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ProgressLine } from './progress.ts';

/** A terminal of some width that keeps what is drawn, and a clock that stands still. */
function terminal(context: TestContext, columns = 80) {
  context.mock.timers.enable({ apis: ['Date', 'setTimeout'] });
  const drawn: string[] = [];
  const write = (text: string): unknown => drawn.push(text.replace('\r\u001b[K', ''));
  return { drawn, line: new ProgressLine({ columns, write }) };
}

const url = 'https://security-tracker.debian.org/tracker/data/json/of/all/releases/that/there/are.json';

test('a download of many pieces is drawn ten times a second at most', (context) => {
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

test('a line fits the terminal: the address is cut in its middle, and no number is', (context) => {
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

test('the width of a narrow terminal goes to the numbers', (context) => {
  const { drawn, line } = terminal(context, 40);
  line.show('fetching advisories debian tracker');
  context.mock.timers.tick(100);
  line.transfer({ url, receivedBytes: 1_000_000 });
  assert.equal(drawn.at(-1), 'fetching adviso… debian tracker  1.0 MB');
  assert.ok((drawn.at(-1) ?? '').length < 40);
});

test('without a total there is no percentage, and before half a second no rate', (context) => {
  const { drawn, line } = terminal(context);
  line.show('step');
  context.mock.timers.tick(100);
  line.transfer({ url: 'file:///a', receivedBytes: 1_500_000 });
  assert.equal(drawn.at(-1), 'step file:///a  1.5 MB');
});

test('the last step is drawn late rather than never, and nothing after the line was removed', (context) => {
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

test('what a step names cannot steer the terminal', (context) => {
  const { drawn, line } = terminal(context);
  line.show('opening a\u001b[2J\nb');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  assert.doesNotMatch(drawn[0] ?? '', /[\u0000-\u001f]/);
});
