import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userEvidenceOf } from './vendor-names.ts';

test('distinguishes names of vendors from those of users', () => {
  const cases = [
    ['debian:10', 'CVE-2020-1234', undefined],
    ['debian:unstable', 'TEMP-0000000-2FC21E', undefined],
    ['alpine:v3.12', 'CVE-2019-14697', undefined],
    ['alpine:v3.2', 'CVE_2015_1234', undefined],
    ['centos:7', 'RHSA-2020:0001', undefined],
    ['oracle:8', 'ELSA-2020-0001', undefined],
    ['amzn:2', 'ALAS-2020-1375', undefined],
    ['amzn:2018.03', 'ALAS2-2020-1375', undefined],
    ['debian:10', 'ACME-2026-1', 'name'],
    ['debian:10', 'CVE', 'name'],
    ['ubuntu:20.04', 'our CVE-2020-1', 'name'],
    ['rhel:7', 'RHSA-2020:0001', 'namespace'],
    ['acme:1', 'CVE-2020-1', 'namespace'],
  ] as const;
  for (const [namespace, name, evidence] of cases)
    assert.equal(userEvidenceOf(namespace, name), evidence, `${namespace}/${name}`);
});
