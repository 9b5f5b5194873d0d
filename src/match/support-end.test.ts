import assert from 'node:assert/strict';
import { test } from 'node:test';
import { supportEnd, supportEndOfPackage } from './support-end.ts';

test('returns the day that the vendor published for a release', () => {
  // distro-info-data 0.66, alpinelinux.org/releases, docs.aws.amazon.com/linux/al2023.
  assert.equal(supportEnd('debian:10'), '2024-06-30');
  assert.equal(supportEnd('ubuntu:22.04'), '2027-06-01');
  assert.equal(supportEnd('ubuntu:10.10'), '2012-04-10');
  assert.equal(supportEnd('alpine:v3.16'), '2024-05-23');
  assert.equal(supportEnd('alpine:v3.10'), '2021-05-01');
  assert.equal(supportEnd('amzn:2018.03'), '2023-12-31');
});

test('returns nothing for a release without a known end', () => {
  assert.equal(supportEnd('debian:unstable'), undefined);
  assert.equal(supportEnd('alpine:edge'), undefined);
  assert.equal(supportEnd('constructor:name'), undefined);
});

test('prefers the date of the image to the table', () => {
  const distro = { id: 'amzn', like: [], supportEnd: '2030-01-01' };
  assert.equal(supportEnd('amzn:2023', distro), '2030-01-01');
  assert.equal(supportEnd('amzn:2023', { id: 'amzn', like: [] }), '2029-06-30');
});

test('ignores an invalid date of the image', () => {
  assert.equal(supportEnd('amzn:2', { id: 'amzn', like: [], supportEnd: 'never' }), '2026-06-30');
});

test('returns the end of support of the run time of .NET by its version', () => {
  // dotnet.microsoft.com/platform/support/policy/dotnet-core.
  const end = (name: string, version: string): string | undefined =>
    supportEndOfPackage({ type: 'nuget', name, version });
  assert.equal(end('Microsoft.NETCore.App.Runtime.linux-x64', '3.1.23'), '2022-12-13');
  assert.equal(end('Microsoft.AspNetCore.App.Runtime.linux-musl-arm64', '6.0.0'), '2024-11-12');
  assert.equal(end('Microsoft.NETCore.App.Runtime.linux-x64', '99.0.1'), undefined);
  assert.equal(end('Newtonsoft.Json', '3.1.0'), undefined);
});
