import assert from 'node:assert/strict';
import { test } from 'node:test';
import { artifactsOfFrameworks } from './artifacts-of-frameworks.ts';
import { artifactsOfLibraries } from './artifacts-of-libraries.ts';
import { isKnownArtifact, knownGroup } from './known-artifacts.ts';

test('finds the group of an artifact by name, pattern and version', () => {
  for (const [artifact, version, group] of [
    ['spring-core', '5.3.1', 'org.springframework'],
    ['spring-boot-starter-web', '3.1.0', 'org.springframework.boot'],
    ['spring-security-core', '5.7.1', 'org.springframework.security'],
    ['ant', '1.6.5', 'ant'],
    ['ant', '1.10.11', 'org.apache.ant'],
    ['hibernate-core', '5.6.15.Final', 'org.hibernate'],
    ['hibernate-core', '6.2.0.Final', 'org.hibernate.orm'],
    ['c3p0', '0.9.1.2', 'c3p0'],
    ['c3p0', '0.9.5.2', 'com.mchange'],
    ['bcprov-jdk14', '138', 'bouncycastle'],
    ['bcprov-jdk15on', '1.70', 'org.bouncycastle'],
    ['kafka_2.13', '3.4.0', 'org.apache.kafka'],
  ] as const)
    assert.equal(knownGroup(artifact, version), group, `${artifact} ${version}`);
  assert.equal(knownGroup('my-own-library', '1.0'), undefined);
  assert.equal(knownGroup('constructor', '1'), undefined);
  assert.ok(isKnownArtifact('log4j-1.2-api', '2.17.1'));
  assert.ok(!isKnownArtifact('spring-boot-starter-web', '3.1.0'));
});

test('has well-formed lines only', () => {
  const lines = `${artifactsOfFrameworks}${artifactsOfLibraries}`.split('\n').filter((line) => line !== '');
  for (const line of lines)
    assert.match(line, /^(?:# .+|[\w.-]+(?: [\w.-]+\*?(?:(?:<|>=)\d+(?:\.\d+)*)?)+)$/, line);
  assert.ok(lines.length > 400);
});
