import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Zippable, zipSync } from 'fflate';
import { limits } from '../../../core/limits.ts';
import { ArchiveBudget } from '../archive-files.ts';
import { type JavaFinding, listJavaArchive } from './list-archive.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

const code = { 'org/example/A.class': 'code' };

function jar(files: Files, level: 0 | 6 = 6): Buffer {
  const entries: Zippable = Object.fromEntries(
    Object.entries(files).map(([path, content]) => [path, Buffer.from(content as Uint8Array)]),
  );
  return Buffer.from(zipSync(entries, { level, mtime: '1980-01-01' }));
}

function manifest(attributes: Readonly<Record<string, string>>): Files {
  const lines = Object.entries(attributes).map(([name, value]) => `${name}: ${value}\r\n`);
  return { 'META-INF/MANIFEST.MF': `Manifest-Version: 1.0\r\n${lines.join('')}\r\n` };
}

/** The Maven files of `group:artifact:version`. */
function maven(coordinates: string): Files {
  const [group, artifact, version] = coordinates.split(':');
  return {
    [`META-INF/maven/${group}/${artifact}/pom.properties`]: `groupId=${group}\nartifactId=${artifact}\nversion=${version}\n`,
  };
}

function list(path: string, content: Uint8Array): JavaFinding[] {
  return [...listJavaArchive(path, { bytes: Buffer.from(content) }, new ArchiveBudget())];
}

/** Findings in one line each: `group:artifact@version evidence parent`, or the kind and the path. */
function summary(path: string, content: Uint8Array): string[] {
  return list(path, content).map((finding) => {
    if (finding.kind !== 'package') return `${finding.kind} ${finding.path}`;
    const { group, artifact, version, evidence, parent } = finding.package;
    const name =
      parent === undefined ? '' : ` in ${parent.name}${parent.version ? `@${parent.version}` : ''}`;
    return `${group}:${artifact}@${version} ${evidence}${name}`;
  });
}

test('lists a jar by its Maven properties when it has no manifest', () => {
  assert.deepEqual(
    summary('app/okio-1.13.0.jar', jar({ ...code, ...maven('com.squareup.okio:okio:1.13.0') })),
    ['com.squareup.okio:okio@1.13.0 installed'],
  );
});

test('lists what is packed into a jar with the jar as parent', () => {
  const files = {
    ...code,
    ...maven('org.postgresql:postgresql:42.2.5'),
    ...maven('com.ongres.scram:client:1.0'),
  };
  assert.deepEqual(summary('libs/postgresql-42.2.5.jar', jar(files)), [
    'org.postgresql:postgresql@42.2.5 installed',
    'com.ongres.scram:client@1.0 embedded-in-archive in org.postgresql:postgresql@42.2.5',
  ]);
  assert.deepEqual(summary('libs/pg.jar', jar(files)), [
    'org.postgresql:postgresql@42.2.5 embedded-in-archive in pg.jar',
    'com.ongres.scram:client@1.0 embedded-in-archive in pg.jar',
  ]);
});

test('lists no packed artifact of a jar that has only its metadata left', () => {
  const files = { ...maven('org.example:app:1.0'), ...maven('commons-io:commons-io:2.6') };
  assert.deepEqual(summary('app-1.0.jar', jar({ ...files, 'META-INF/versions/9/module-info.class': '' })), [
    'org.example:app@1.0 installed',
  ]);
  for (const path of ['a/A.classdata', 'META-INF/versions/9/a/A.class'])
    assert.equal(summary('app-1.0.jar', jar({ ...files, [path]: '' })).length, 2);
});

test('reads jars within a war that a script precedes, stored or deflated', () => {
  const inner = jar({ ...code, ...maven('org.yaml:snakeyaml:1.26') });
  for (const level of [0, 6] as const) {
    const outer = jar({ 'WEB-INF/classes/A.class': '', 'WEB-INF/lib/snakeyaml-1.26.jar': inner }, level);
    const started = Buffer.concat([Buffer.from('#!/bin/sh\nexec java -jar "$0"\n'), outer]);
    const [finding, ...others] = list('srv/shop.war', started);
    assert.deepEqual(others, []);
    assert.deepEqual(finding, {
      kind: 'package',
      path: 'srv/shop.war!/WEB-INF/lib/snakeyaml-1.26.jar',
      package: {
        group: 'org.yaml',
        artifact: 'snakeyaml',
        version: '1.26',
        evidence: 'embedded-in-archive',
        parent: { name: 'shop.war' },
      },
    });
  }
});

/** Jars without Maven properties, with their manifests, and the coordinates under which they were published. */
const withoutProperties: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  [
    'derby-10.14.2.0',
    {
      'Bundle-Activator': 'org.apache.derby.osgi.EmbeddedActivator',
      'Bundle-SymbolicName': 'derby',
      'Bundle-Version': '10.14.2000002.1828579',
    },
    'org.apache.derby:derby@10.14.2.0',
  ],
  [
    'spring-core-5.2.8.RELEASE',
    { 'Implementation-Title': 'spring-core' },
    'org.springframework:spring-core@5.2.8.RELEASE',
  ],
  ['asm-3.1', {}, 'asm:asm@3.1'],
  ['asm-9.3', {}, 'org.ow2.asm:asm@9.3'],
  ['groovy-3.0.9', {}, 'org.codehaus.groovy:groovy@3.0.9'],
  ['groovy-4.0.2', {}, 'org.apache.groovy:groovy@4.0.2'],
  ['log4j-1.2-api-2.17.1', {}, 'org.apache.logging.log4j:log4j-1.2-api@2.17.1'],
  ['guava-27.0-jre', {}, 'com.google.guava:guava@27.0-jre'],
  [
    'catalina',
    { 'Implementation-Title': 'Apache Tomcat', 'Implementation-Version': '9.0.70' },
    'org.apache.tomcat:tomcat-catalina@9.0.70',
  ],
  [
    'git',
    { 'Short-Name': 'git', 'Plugin-Version': '4.11.0', 'Group-Id': 'org.jenkins-ci.plugins' },
    'org.jenkins-ci.plugins:git@4.11.0',
  ],
  [
    'eureka-client-1.10.17',
    { 'Implementation-Title': 'com.netflix.eureka#eureka-client;1.10.17' },
    'com.netflix.eureka:eureka-client@1.10.17',
  ],
  [
    'org.example.tools.parser_2.13-1.4.0',
    { 'Implementation-Vendor-Id': 'org.example.tools' },
    'org.example.tools:parser_2.13@1.4.0',
  ],
  ['io.netty.netty-common-4.1.90.Final', {}, 'io.netty:netty-common@4.1.90.Final'],
  [
    'acme-util-2.0',
    { 'Bundle-SymbolicName': 'com.acme.acme-util;singleton:=true' },
    'com.acme:acme-util@2.0',
  ],
  ['acme-util-2.0', { 'Implementation-Vendor-Id': 'com.acme.base' }, 'com.acme.base:acme-util@2.0'],
  [
    'org.eclipse.osgi_3.18.0.v2022',
    { 'Bundle-SymbolicName': 'org.eclipse.osgi; singleton:=true' },
    'org.eclipse.platform:org.eclipse.osgi@3.18.0.v2022',
  ],
];

for (const [name, attributes, expected] of withoutProperties)
  test(`identifies ${name}.jar as ${expected} by its name and manifest`, () => {
    assert.deepEqual(summary(`lib/${name}.jar`, jar({ ...code, ...manifest(attributes) })), [
      `${expected} installed`,
    ]);
  });

test('takes no group from a section of the manifest about single files', () => {
  const sections =
    'Manifest-Version: 1.0\n\nName: org/example/\nImplementation-Vendor-Id: com.invented.group\n';
  assert.deepEqual(summary('x-1.0.jar', jar({ ...code, 'META-INF/MANIFEST.MF': sections })), [
    'unidentified x-1.0.jar',
  ]);
});

test('identifies no jar by a name without a known group', () => {
  assert.deepEqual(summary('lib/ingest-0.9.1-min.jar', jar({ ...code, ...manifest({}) })), [
    'unidentified lib/ingest-0.9.1-min.jar',
  ]);
  assert.deepEqual(summary('lib/ingest-0.9.1-sources.jar', jar({ 'A.java': '' })), []);
});

test('does not take a part of an agent for the library whose classes it changes', () => {
  const part = jar({
    ...code,
    ...manifest({ 'Weave-Classes': 'org/springframework/A', 'Implementation-Title': 'spring-web' }),
  });
  const agent = jar({ ...maven('com.example:agent:1.0'), 'instrumentation/spring-web-4.3.0.jar': part });
  assert.deepEqual(summary('agent-1.0.jar', agent), ['com.example:agent@1.0 installed']);
});

test('reads an archive elsewhere that claims to be a part of an agent', () => {
  const claim = manifest({ 'Weave-Classes': 'x' });
  const path = 'lib/spring-web-4.3.0.jar';
  assert.deepEqual(summary(path, jar({ ...code, ...claim })), [`unidentified ${path}`]);
  assert.deepEqual(
    summary(path, jar({ ...code, ...claim, ...maven('org.springframework:spring-web:4.3.0') })),
    ['org.springframework:spring-web@4.3.0 embedded-in-archive in spring-web-4.3.0.jar'],
  );
});

test('reports classes outside the places of an application, whatever the archive claims to be', () => {
  const boot = manifest({ 'Spring-Boot-Version': '3.2.0' });
  const loader = { 'org/springframework/boot/loader/JarLauncher.class': 'code' };
  assert.deepEqual(summary('app.war', jar({ 'WEB-INF/classes/a/A.class': 'code' })), []);
  assert.deepEqual(summary('app.jar', jar({ ...boot, ...loader, 'BOOT-INF/classes/a/A.class': 'code' })), []);
  assert.deepEqual(summary('beans.war', jar(code)), ['unidentified beans.war']);
  assert.deepEqual(summary('beans.jar', jar({ ...boot, ...code })), ['unidentified beans.jar']);
});

test('suspects log4j in an archive that moved or renamed its classes', () => {
  for (const path of [
    'agent/org/apache/logging/log4j/core/lookup/JndiLookup.esclazz',
    'com/acme/deps/org/apache/logging/log4j/core/lookup/JndiLookup.class',
    'inst/org/apache/logging/log4j/core/lookup/JndiLookup.classdata',
  ]) {
    const [main, suspected, ...others] = list(
      'agent-1.0.jar',
      jar({ ...maven('com.acme:agent:1.0'), [path]: '' }),
    );
    assert.equal(main?.kind, 'package');
    assert.ok(
      suspected?.kind === 'unidentified' && /log4j-core of an unknown version/.test(suspected.reason),
    );
    assert.deepEqual(others, []);
  }
  const declared = {
    ...maven('org.apache.logging.log4j:log4j-core:2.14.1'),
    'org/apache/logging/log4j/core/lookup/JndiLookup.class': '',
  };
  assert.equal(list('log4j-core-2.14.1.jar', jar(declared)).length, 1);
});

test('takes a missing version of the Maven properties from the pom.xml beside them', () => {
  const directory = 'META-INF/maven/g.example/a';
  const files = {
    ...code,
    [`${directory}/pom.properties`]: 'groupId=g.example\nartifactId=a\n',
    [`${directory}/pom.xml`]:
      '<project><parent><version>3.1</version></parent><artifactId>a</artifactId></project>',
  };
  assert.deepEqual(summary('a.jar', jar(files)), ['g.example:a@3.1 installed']);
  const [problem] = list(
    'a.jar',
    jar({ ...code, [`${directory}/pom.properties`]: 'version=$' + '{revision}' }),
  );
  assert.ok(problem?.kind === 'problem' && /"g.example:a" state no usable version/.test(problem.problem));
});

test('names the archive that cannot be read and lists the others beside it', () => {
  const good = jar({ ...code, ...maven('org.yaml:snakeyaml:1.26') });
  const outer = jar(
    { 'lib/a.jar': 'not an archive', 'lib/b.jar': good.subarray(0, 100), 'lib/snakeyaml-1.26.jar': good },
    0,
  );
  assert.deepEqual(summary('app.war', outer), [
    'problem app.war!/lib/a.jar',
    'problem app.war!/lib/b.jar',
    'org.yaml:snakeyaml@1.26 embedded-in-archive in app.war',
  ]);
  assert.deepEqual(summary('x.jar', Buffer.from('PK\x03\x04')), ['problem x.jar']);
});

test('reads archives up to a depth and names the one below it', () => {
  let content = jar({ ...code, ...maven('org.yaml:snakeyaml:1.26') });
  for (let depth = 0; depth <= limits.archiveDepth; depth++) content = jar({ 'x.jar': content });
  const [problem] = list('x.jar', content);
  assert.equal(problem?.path, `x.jar${'!/x.jar'.repeat(limits.archiveDepth + 1)}`);
  assert.ok(problem.kind === 'problem' && /inside more than 16 archives/.test(problem.problem));
});

test('reports a compressed archive that is too large with the compressed ones around it', () => {
  const inner = jar({ 'b.jar': Buffer.alloc(limits.archiveHeldBytes) });
  const problemIn = (level: 0 | 6): string => {
    const [problem, ...others] = list('app.war', jar({ 'a.jar': inner }, level));
    assert.deepEqual(others, []);
    assert.ok(problem?.kind === 'problem' && problem.path === 'app.war!/a.jar!/b.jar');
    return problem.problem;
  };
  assert.match(problemIn(6), /^has more than 33554432 bytes with the archives around it/);
  assert.match(problemIn(0), /^is not a readable archive/);
});

test('stops to decompress archives of a layer beyond a total size', () => {
  const inner = jar({ ...code, ...maven('org.yaml:snakeyaml:1.26') });
  const budget = new ArchiveBudget();
  assert.ok(budget.take(limits.archiveOpenedBytes - 10));
  const [problem] = listJavaArchive('app.war', { bytes: jar({ 'a.jar': inner }) }, budget);
  assert.ok(problem?.kind === 'problem' && /archives of the layer have more than/.test(problem.problem));
});

test('reports a jar that lists the same manifest twice with different content', () => {
  const twice = jar({ ...code, 'META-INF/MANIFEST.MF': 'A: 1\n', 'META-INF/MANIFEST.MX': 'B: 2\n' });
  for (let at = twice.indexOf('MANIFEST.MX'); at !== -1; at = twice.indexOf('MANIFEST.MX', at))
    twice.write('MANIFEST.MF', at);
  const [problem] = list('spring-core-5.3.0.jar', twice);
  assert.ok(problem?.kind === 'problem' && /twice/.test(problem.problem));
});

/** Names of jars that nothing but their name and version identifies, and the artifacts whose group is unknown. */
const ungrouped: readonly (readonly [string, Readonly<Record<string, string>>, string | undefined])[] = [
  ['acme-util-2.0', {}, 'acme-util 2.0'],
  ['acme-util-2.0', { 'Implementation-Version': '2.0' }, 'acme-util 2.0'],
  ['acme-1.2-api-2.17.1', { 'Bundle-Version': '2.17.1' }, 'acme-1.2-api 2.17.1'],
  // The name can be read in two ways.
  ['acme-1.2-3', {}, undefined],
  // The manifest states another version.
  ['acme-util-2.0', { 'Implementation-Version': '3.0' }, undefined],
  ['acme-util', { 'Implementation-Version': '2.0' }, undefined],
  ['acme util-2.0', {}, undefined],
  ['acme-util-2.0.1.Final', {}, 'acme-util 2.0.1.Final'],
  ['acme-util-31.1-jre', {}, 'acme-util 31.1-jre'],
  ['acme-util-2.0-rc1', {}, 'acme-util 2.0-rc1'],
  ['acme-util-2.0-SNAPSHOT', {}, undefined],
  ['acme-util-2.0-all', {}, undefined],
  ['acme-util-2.0-min', { 'Implementation-Version': '2.0' }, undefined],
];

for (const [name, attributes, expected] of ungrouped)
  test(`knows ${expected ?? 'no artifact'} of ${name}.jar with ${JSON.stringify(attributes)}`, () => {
    const [finding, ...others] = list(`app/${name}.jar`, jar({ ...code, ...manifest(attributes) }));
    assert.deepEqual(others, []);
    assert.ok(finding?.kind === 'unidentified');
    const { artifact } = finding;
    assert.equal(artifact && `${artifact.artifact} ${artifact.version}`, expected);
  });
