import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { collectAll } from '../../testing/streams.ts';
import { watchedRegistriesOf } from './watched-registries.ts';

test('reads the registries of the settings, with a default for each setting', () => {
  const [one, two] = watchedRegistriesOf({
    registries: {
      'registry.example:5000': { tags: ['v*'] },
      main: { host: 'Registry.example', interval: 60_000 },
    },
  });
  assert.deepEqual(
    [one?.registry, one?.tags, one?.intervalMs, one?.requests, two?.registry, two?.intervalMs],
    ['registry.example:5000', ['v*'], 3_600_000, 4, 'registry.example', 60_000],
  );
});

test('refuses a registry that cannot be watched, with its setting', () => {
  for (const [name, settings, message] of [
    ['Main', {}, /^registries\.Main: a name has/],
    ['main', {}, /^registries\.main\.host takes a host .* not main$/],
    ['main', { host: 'a b' }, /\.host takes a host/],
    ['main', { host: 'https://a.example' }, /\.host takes a host/],
    ['a.example', { interval: 1000 }, /\.interval takes 0, or at least 1m/],
    ['a.example', { secret: 'short' }, /\.secret needs at least 16/],
    ['a.example', { platforms: ['amd64'] }, /\.platforms takes platforms .* not amd64/],
    ['a.example', { kind: 'list' }, /\.repositories must list/],
    ['a.example', { kind: 'list', repositories: ['shop/*'] }, /without \*/],
    ['a.example', { kind: 'quay' }, /\.namespaces must name/],
  ] as const)
    assert.throws(
      () => watchedRegistriesOf({ registries: { [name]: settings } }),
      (error) =>
        error instanceof ClairError && error.code === 'config-invalid' && message.test(error.message),
      `${name} ${JSON.stringify(settings)}`,
    );
});

test('yields the repositories of a list without asking the registry', async () => {
  const [one] = watchedRegistriesOf({
    registries: { 'ghcr.io': { kind: 'list', repositories: ['acme/a', 'acme/b'] } },
  });
  const listing = one?.open({ env: {} }) ?? assert.fail();
  assert.deepEqual(await collectAll(listing.repositories()), ['acme/a', 'acme/b']);
});
