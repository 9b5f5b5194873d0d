import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goAtoi, goParseInt32 } from './go-number.ts';

test('parses integers as strconv.Atoi does', () => {
  const read = { '10': 10, '+5': 5, '-1': -1, '-0': 0, '007': 7, '9223372036854775807': 2 ** 63 };
  for (const [text, value] of Object.entries(read)) assert.equal(goAtoi(text), value);
});

/** The quoted text and the reason in the message of Go 1.24.4. */
const refused: Readonly<Record<string, string>> = {
  abc: '"abc": invalid syntax',
  '': '"": invalid syntax',
  '99999999999999999999': '"99999999999999999999": value out of range',
  '9223372036854775808': '"9223372036854775808": value out of range',
  '-9223372036854775809': '"-9223372036854775809": value out of range',
  '1_000': '"1_000": invalid syntax',
  ' 1': '" 1": invalid syntax',
  '1\n': '"1\\n": invalid syntax',
  '0x10': '"0x10": invalid syntax',
  é: '"é": invalid syntax',
  '\u00a0\u200b\u{e0001}"\\': '"\\u00a0\\u200b\\U000e0001\\"\\\\": invalid syntax',
  '+': '"+": invalid syntax',
  '\x7f\x07': '"\\x7f\\a": invalid syntax',
};

for (const [text, expected] of Object.entries(refused))
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => goAtoi(text), {
      name: 'GoNumberError',
      message: `strconv.Atoi: parsing ${expected}`,
    });
  });

test('parses integers of any base as strconv.ParseInt does with base 0', () => {
  const read = {
    '10': 10,
    '-0x1F': -31,
    '0b11': 3,
    '0o17': 15,
    '017': 15,
    '1_000': 1000,
    '0': 0,
    '+2147483647': 2 ** 31 - 1,
  };
  for (const [text, value] of Object.entries(read)) assert.equal(goParseInt32(text), value, text);
  const refusals = {
    '': 'invalid syntax',
    '08': 'invalid syntax',
    '1__0': 'invalid syntax',
    '0x': 'invalid syntax',
    '0x80000000': 'value out of range',
  };
  for (const [text, reason] of Object.entries(refusals))
    assert.throws(() => goParseInt32(text), { message: `strconv.ParseInt: parsing "${text}": ${reason}` });
});
