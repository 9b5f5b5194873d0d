import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { corpus, corpusTest } from '../../../testing/corpus.ts';
import { completeCoordinates } from './coordinates.ts';
import { parsePomProperties } from './pom-properties.ts';
import { parsePomXml } from './pom-xml.ts';

const properties = (text: string) => parsePomProperties(Buffer.from(text));
const property = (name: string) => `$\{${name}}`;
const pom = (text: string) => parsePomXml(Buffer.from(text));

test('reads pom.properties with any separator, comments and any end of line', () => {
  const expected = { group: 'org.yaml', artifact: 'snakeyaml', version: '1.26' };
  for (const text of [
    '#Created by Apache Maven 3.5.4\nversion=1.26\ngroupId=org.yaml\nartifactId=snakeyaml\n',
    'version: 1.26\r\n groupId = org.yaml \r\nartifactId snakeyaml\r\n',
    '! comment\rgroupId:org.yaml\rartifactId:snakeyaml\rversion:1.26',
  ])
    assert.deepEqual(properties(text), expected);
});

test('reads no value from lines of pom.properties without end or without a key', () => {
  assert.deepEqual(properties(`version=${'1'.repeat(100_000)}`), {});
  assert.deepEqual(properties('version\n=1\n__proto__=x\nconstructor=y\n'), {});
  assert.deepEqual(properties(''), {});
});

test('takes group and version of a pom.xml from its parent and its properties', () => {
  assert.deepEqual(
    pom(`<?xml version="1.0"?><project xmlns="http://maven.apache.org/POM/4.0.0">
      <parent><groupId>org.example</groupId><artifactId>parent</artifactId><version>7</version></parent>
      <artifactId>child</artifactId><version>${property('base.version')}-${property('project.parent.version')}</version>
      <properties><base.version>1.2</base.version></properties>
      <dependencies><dependency><groupId>x</groupId><artifactId>y</artifactId><version>9</version></dependency></dependencies>
    </project>`),
    { group: 'org.example', artifact: 'child', version: '1.2-7' },
  );
});

test('leaves a property of a pom.xml that its file does not define, or that refers to itself', () => {
  const { version } = pom(`<project><version>${property('revision')}</version></project>`);
  assert.equal(version, property('revision'));
  const endless = pom(
    `<project><version>${property('a')}</version><properties><a>${property('a').repeat(2)}</a></properties></project>`,
  );
  assert.ok((endless.version?.length ?? 0) < 10_000);
  assert.equal(completeCoordinates({ group: 'g', artifact: 'a', version }), undefined);
});

test('refuses a pom.xml that is no document, declares entities or is nested too deep', () => {
  for (const text of [
    '',
    'not XML',
    '<html></html>',
    '<!DOCTYPE project [<!ENTITY a "b">]><project><version>&a;</version></project>',
    '<project>'.repeat(1000),
  ])
    assert.throws(() => pom(text), { name: 'XmlStreamError' });
});

corpusTest('reads the coordinates of every jar of the corpus from its Maven properties', () => {
  const directory = corpus('pkgdb/lang/jar-meta/claircore/java/jar/testdata/properties');
  const jars = readdirSync(directory);
  for (const jar of jars) {
    const { artifact, version } = parsePomProperties(readFileSync(`${directory}/${jar}`));
    // This jar has the files of two artifacts, and the corpus those of the one inside it.
    if (jar !== 'cassandra-driver-core-3.11.0-shaded.jar') assert.equal(`${artifact}-${version}.jar`, jar);
  }
  assert.ok(jars.length > 40);
});
