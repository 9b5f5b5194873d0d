import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../../core/limits.ts';
import { checkLister } from '../../../plugin/contract/analyzers.ts';
import { mavenLister } from './maven.ts';

type Content = Readonly<Record<string, string | Uint8Array>>;

/** Lists the files of a layer: `name version path parent`, or the path with the problem or the kind. */
function list(content: Content): string[] {
  const files = new Map(
    Object.entries(content).map(([path, text]) => [path, Buffer.from(text as Uint8Array)]),
  );
  return Array.from(mavenLister.list(files), (event) => {
    if (event.kind === 'problem') return `${event.path}: ${event.problem}`;
    if (event.kind !== 'package') return `${event.path}: ${event.kind}`;
    const { name, version, evidence, parent } = event.package;
    const within = parent === undefined ? [] : [`in ${parent.name} ${parent.version}`];
    return [name, version, evidence, event.path, ...within].join(' ');
  });
}

const properties = (group: string, artifact: string, version: string): string =>
  `groupId=${group}\nartifactId=${artifact}\nversion=${version}\n`;
const manifest = (...lines: readonly string[]): string =>
  ['Manifest-Version: 1.0', ...lines, ''].join('\r\n');
const snakeyaml = 'META-INF/maven/org.yaml/snakeyaml/pom.properties';

test('unpacked: lists the Maven files of a directory, also those among the classes of an application', () => {
  const files = {
    [`app/${snakeyaml}`]: properties('org.yaml', 'snakeyaml', '1.26'),
    'app/META-INF/MANIFEST.MF': manifest('Start-Class: a.B', 'Spring-Boot-Version: 2.7.0'),
    'app/BOOT-INF/classes/META-INF/maven/com.acme/shop/pom.properties': properties('com.acme', 'shop', '1.0'),
    'app/BOOT-INF/classes/META-INF/MANIFEST.MF': manifest(),
  };
  assert.deepEqual(list(files), [
    `org.yaml:snakeyaml 1.26 installed app/${snakeyaml}`,
    'com.acme:shop 1.0 installed app/BOOT-INF/classes/META-INF/maven/com.acme/shop/pom.properties',
    'app/META-INF/MANIFEST.MF: no-package',
    'app/BOOT-INF/classes/META-INF/MANIFEST.MF: no-package',
  ]);
  checkLister(mavenLister, [{ files, packages: ['org.yaml:snakeyaml 1.26', 'com.acme:shop 1.0'] }]);
});

test('unpacked: names the artifact that the directory is named after as parent of the others', () => {
  const scram = 'META-INF/maven/com.ongres.scram/client/pom.properties';
  const main = 'META-INF/maven/org.postgresql/postgresql/pom.properties';
  const directory = 'opt/postgresql-42.2.5';
  assert.deepEqual(
    list({
      [`${directory}/${scram}`]: properties('com.ongres.scram', 'client', '1.0'),
      [`${directory}/${main}`]: properties('org.postgresql', 'postgresql', '42.2.5'),
    }),
    [
      `com.ongres.scram:client 1.0 installed ${directory}/${scram} in org.postgresql:postgresql 42.2.5`,
      `org.postgresql:postgresql 42.2.5 installed ${directory}/${main}`,
    ],
  );
});

test('unpacked: identifies a directory without Maven files by its manifest and its name', () => {
  const plugin = manifest('Short-Name: git', 'Plugin-Version: 4.11.0', 'Group-Id: org.jenkins-ci.plugins');
  const osgi = manifest('Bundle-SymbolicName: org.eclipse.osgi;singleton:=true', 'Bundle-Version: 3.18.0');
  assert.deepEqual(
    list({
      'var/jenkins_home/plugins/git/META-INF/MANIFEST.MF': plugin,
      'opt/eclipse/plugins/org.eclipse.osgi_3.18.0/META-INF/MANIFEST.MF': osgi,
      'lib/spring-core-5.2.8.RELEASE/META-INF/MANIFEST.MF': manifest('Implementation-Title: spring-core'),
    }),
    [
      'org.jenkins-ci.plugins:git 4.11.0 installed var/jenkins_home/plugins/git/META-INF/MANIFEST.MF',
      'org.eclipse.platform:org.eclipse.osgi 3.18.0 installed opt/eclipse/plugins/org.eclipse.osgi_3.18.0/META-INF/MANIFEST.MF',
      'org.springframework:spring-core 5.2.8.RELEASE installed lib/spring-core-5.2.8.RELEASE/META-INF/MANIFEST.MF',
    ],
  );
});

test('unpacked: invents no artifact for an application, and leaves an unknown library unread', () => {
  assert.deepEqual(
    list({
      'app/META-INF/MANIFEST.MF': manifest(
        'Implementation-Version: 1.0',
        'Implementation-Vendor-Id: com.acme',
      ),
      'opt/thing/META-INF/MANIFEST.MF': manifest('Bundle-SymbolicName: thing', 'Bundle-Version: 1.0'),
    }),
    ['app/META-INF/MANIFEST.MF: no-package'],
  );
});

test('unpacked: takes a missing version from the pom.xml, and reports what states none', () => {
  const directory = 'app/META-INF/maven/g.example/a';
  const xml = '<project><parent><version>3.1</version></parent><artifactId>a</artifactId></project>';
  const stated = 'groupId=g.example\nartifactId=a\n';
  assert.deepEqual(list({ [`${directory}/pom.properties`]: stated, [`${directory}/pom.xml`]: xml }), [
    `g.example:a 3.1 installed ${directory}/pom.properties`,
  ]);
  assert.deepEqual(list({ [`${directory}/pom.xml`]: xml }), [
    `g.example:a 3.1 installed ${directory}/pom.xml`,
  ]);
  assert.deepEqual(list({ [`${directory}/pom.properties`]: stated }), [
    `${directory}/pom.properties: the Maven files of "g.example:a" state no usable version`,
  ]);
  for (const broken of ['<project', Buffer.from(`\ufeff${xml}`, 'utf16le').subarray(0, 21)]) {
    const [problem, ...others] = list({ [`${directory}/pom.xml`]: broken });
    assert.match(problem ?? '', /cannot be read|no usable version/);
    assert.deepEqual(others, []);
  }
});

test('unpacked: reports the class of log4j unless its Maven files are beside it', () => {
  const lookup = 'org/apache/logging/log4j/core/lookup/JndiLookup.class';
  const log4j = 'META-INF/maven/org.apache.logging.log4j/log4j-core/pom.properties';
  const stated = properties('org.apache.logging.log4j', 'log4j-core', '2.14.1');
  assert.deepEqual(list({ [`a/${lookup}`]: 'x', [`a/com/acme/${lookup}`]: 'x', [`a/${log4j}`]: stated }), [
    `org.apache.logging.log4j:log4j-core 2.14.1 installed a/${log4j}`,
    `a/${lookup}: no-package`,
    `a/com/acme/${lookup}: is a class of log4j-core of an unknown version`,
  ]);
});

test('unpacked: reports Maven files that are too large, and reads the start of a large manifest', () => {
  const path = 'app/META-INF/maven/g.example/a/pom.properties';
  const large = `${properties('g.example', 'a', '1.0')}${'\n'.repeat(limits.mavenFileBytes)}`;
  const [problem, ...others] = list({ [path]: large });
  assert.match(problem ?? '', /Maven files that have more than 1048576 bytes/);
  assert.deepEqual(others, []);
  const signed = `${manifest('Implementation-Title: spring-core', '')}${'Name: a/B.class\r\n\r\n'.repeat(100_000)}`;
  assert.equal(list({ 'lib/spring-core-5.2.8.RELEASE/META-INF/MANIFEST.MF': signed }).length, 1);
});
