import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFunctions } from '../model/function-set.ts';
import type { GoImport } from '../model/vulnerability.ts';
import { absentFunctions, type ProgramPackage } from './absent-functions.ts';

const location = { path: 'usr/bin/hey', layer: null };
const program: ProgramPackage = {
  location,
  functions: encodeFunctions([
    'net/http',
    'net/http Client.Do',
    'golang.org/x/net/html',
    'golang.org/x/net/html Parse',
  ]),
};

function reasonOf(imports: readonly GoImport[], found: ProgramPackage = program): string | undefined {
  return absentFunctions({ id: 'GO-1', only: { imports } }, found)?.reason;
}

test('proves that a program has the package and none of its vulnerable functions', () => {
  assert.equal(
    reasonOf([{ path: 'net/http', symbols: ['Server.Serve', 'Serve'] }]),
    'GO-1 affects only programs with net/http.Server.Serve, net/http.Serve; usr/bin/hey has none of them',
  );
  const symbols = Array.from({ length: 10 }, (_, i) => `f${i}`);
  assert.match(
    reasonOf([{ path: 'net/http', symbols }]) ?? '',
    /net\/http\.f7 and 2 more; usr\/bin\/hey has none/,
  );
});

test('proves that a program does not have the package', () => {
  assert.equal(
    reasonOf([{ path: 'crypto/elliptic' }, { path: 'net/smtp', symbols: ['Dial'] }]),
    'GO-1 affects only programs with the package crypto/elliptic, net/smtp; usr/bin/hey does not contain it',
  );
});

test('proves nothing when the program has a function, or the whole package is vulnerable', () => {
  assert.equal(reasonOf([{ path: 'net/http', symbols: ['Serve', 'Client.Do'] }]), undefined);
  assert.equal(reasonOf([{ path: 'net/smtp', symbols: ['Dial'] }, { path: 'net/http' }]), undefined);
});

test('proves nothing when the functions are unknown, or the advisory names none', () => {
  const stripped: ProgramPackage = { location };
  assert.equal(reasonOf([{ path: 'net/smtp', symbols: ['Dial'] }], stripped), undefined);
  assert.equal(reasonOf([]), undefined);
  assert.equal(absentFunctions({ id: 'GHSA-1' }, program), undefined);
});
