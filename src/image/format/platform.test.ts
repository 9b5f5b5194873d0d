import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitsPlatform, normalizePlatform } from './platform.ts';

// Values as normalized by containerd/platforms 1.0.
const normalized: Readonly<Record<string, string>> = {
  'linux/amd64': 'linux/amd64',
  'linux/amd64/v1': 'linux/amd64',
  'linux/AMD64/V1': 'linux/amd64',
  'linux/amd64/v2': 'linux/amd64/v2',
  'linux/x86_64': 'linux/amd64',
  'linux/x86-64': 'linux/amd64',
  'linux/X86_64/v1': 'linux/amd64',
  'linux/x86_64/v3': 'linux/amd64/v3',
  'Linux/amd64': 'linux/amd64',
  'macOS/arm64': 'darwin/arm64',
  'linux/aarch64': 'linux/arm64',
  'linux/arm64/v8': 'linux/arm64',
  'linux/arm64/8': 'linux/arm64',
  'linux/arm64/v9': 'linux/arm64/v9',
  'linux/arm': 'linux/arm/v7',
  'linux/arm/7': 'linux/arm/v7',
  'linux/arm/6': 'linux/arm/v6',
  'linux/arm/v5': 'linux/arm/v5',
  'linux/armhf': 'linux/arm/v7',
  'linux/armel': 'linux/arm/v6',
  'linux/i386': 'linux/386',
  'linux/i386/sse2': 'linux/386',
  'linux/386': 'linux/386',
  'linux/riscv64': 'linux/riscv64',
  'Unknown/UNKNOWN': 'unknown/unknown',
};

test('compares platforms as containerd does', () => {
  for (const [platform, normal] of Object.entries(normalized))
    assert.equal(normalizePlatform(platform), normal, platform);
});

test('accepts any variant when none is wanted, and only the same one otherwise', () => {
  const fits: readonly (readonly [string | null, string, boolean])[] = [
    ['linux/x86_64', 'linux/amd64', true],
    ['linux/amd64', 'linux/x86-64', true],
    ['linux/amd64/v2', 'linux/amd64', true],
    ['linux/amd64', 'linux/amd64/v1', true],
    ['linux/amd64/v2', 'linux/amd64/v1', false],
    ['linux/arm64/v8', 'linux/arm64', true],
    ['linux/arm/v6', 'linux/arm', true],
    ['linux/arm/v6', 'linux/arm/v7', false],
    ['linux/arm64', 'linux/arm', false],
    ['unknown/unknown', 'linux/amd64', false],
    [null, 'linux/amd64', false],
  ];
  for (const [platform, wanted, expected] of fits)
    assert.equal(fitsPlatform(platform, wanted), expected, `${platform} for ${wanted}`);
});
