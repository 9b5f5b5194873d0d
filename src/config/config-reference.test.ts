import assert from 'node:assert/strict';
import { test } from 'node:test';
import { text } from '../kit/setting.ts';
import { configReference } from './config-reference.ts';
import { settingsWith } from './settings.ts';

const settings = settingsWith({
  transports: [{ name: 'pager', settings: { number: text('Whom to call.') } }],
});

test('the reference names every setting with its variable', () => {
  const reference = configReference(settings);
  assert.match(
    reference,
    /\| `updater\.sources\.<name>\.interval` \| .* \| duration \| {2}\| `CLAIR_UPDATER_SOURCES_<NAME>_INTERVAL` \|/,
  );
  assert.match(reference, /\| `api\.timeout` \| .* \| duration \| 15m \| `CLAIR_API_TIMEOUT` \|/);
  assert.match(
    reference,
    /\| `notifier\.pager\.number` \| Whom to call\. \| text \| {2}\| `CLAIR_NOTIFIER_PAGER_NUMBER` \|/,
  );
});
