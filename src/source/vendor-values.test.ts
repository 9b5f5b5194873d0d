import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vendorSeverity } from './vendor-values.ts';

test('maps the severity words of vendors to one scale', () => {
  const words: [string | null | undefined, string][] = [
    ['Important', 'High'],
    ['MODERATE', 'Medium'],
    [' medium ', 'Medium'],
    ['critical', 'Critical'],
    ['negligible', 'Negligible'],
    ['None', 'Negligible'],
    ['N/A', 'Negligible'],
    ['untriaged', 'Unknown'],
    ['constructor', 'Unknown'],
    ['', 'Unknown'],
    [null, 'Unknown'],
    [undefined, 'Unknown'],
  ];
  for (const [word, severity] of words) assert.equal(vendorSeverity(word), severity, String(word));
});
