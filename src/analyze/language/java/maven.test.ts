import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zipSync } from 'fflate';
import { limits } from '../../../core/limits.ts';
import { checkLister } from '../../../plugin/contract/analyzers.ts';
import type { ListerEvent } from '../../../plugin/package-lister.ts';
import { mavenLister } from './maven.ts';

function jar(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const entries = Object.entries(files).map(([path, content]) => [path, Buffer.from(content as Uint8Array)]);
  return zipSync(Object.fromEntries(entries) as Record<string, Uint8Array>, { mtime: '1980-01-01' });
}

const snakeyaml = jar({
  'org/yaml/A.class': '',
  'META-INF/maven/org.yaml/snakeyaml/pom.properties':
    'groupId=org.yaml\nartifactId=snakeyaml\nversion=1.26\n',
});
const unknown = jar({ 'org/example/A.class': '' });

function list(path: string, content: Uint8Array): ListerEvent[] {
  return [...mavenLister.list(new Map([[path, content]]))];
}

test('maven: keeps the contract of listers', () => {
  checkLister(mavenLister, [
    { files: { 'app/libs/snakeyaml-1.26.jar': snakeyaml }, packages: ['org.yaml:snakeyaml 1.26'] },
    {
      files: { 'app/shop.WAR': jar({ 'WEB-INF/lib/a.jar': snakeyaml }) },
      packages: ['org.yaml:snakeyaml 1.26'],
    },
  ]);
});

test('maven: states the path within an archive, and the archive as parent', () => {
  assert.deepEqual(list('app/shop.war', jar({ 'WEB-INF/lib/snakeyaml-1.26.jar': snakeyaml })), [
    {
      kind: 'package',
      path: 'app/shop.war',
      package: {
        type: 'maven',
        name: 'org.yaml:snakeyaml',
        version: '1.26',
        evidence: 'embedded-in-archive',
        parent: { name: 'shop.war' },
        archivePath: 'WEB-INF/lib/snakeyaml-1.26.jar',
      },
    },
  ]);
});

test('maven: lists the artifact of an archive whose group is unknown', () => {
  const ungrouped = {
    type: 'maven',
    name: 'acme-util',
    version: '1.0',
    evidence: 'artifact-id',
    remarks: ['the name of its file gives artifact and version, and nothing gives the group'],
  };
  assert.deepEqual(list('app/acme-util-1.0.jar', unknown), [
    { kind: 'package', path: 'app/acme-util-1.0.jar', package: ungrouped },
  ]);
  const inner = 'WEB-INF/lib/acme-util-1.0.jar';
  const [found, ...others] = list('app/shop.war', jar({ [inner]: unknown }));
  assert.deepEqual(others, []);
  assert.deepEqual(found, {
    kind: 'package',
    path: 'app/shop.war',
    package: { ...ungrouped, parent: { name: 'shop.war' }, archivePath: inner },
  });
});

test('maven: leaves an archive unread that nothing identifies, and reports it beside known ones', () => {
  assert.deepEqual(list('app/x.jar', unknown), []);
  const [found, problem, ...others] = list(
    'app/a.war',
    jar({ 'lib/snakeyaml-1.26.jar': snakeyaml, 'lib/x.jar': unknown }),
  );
  assert.equal(found?.kind, 'package');
  assert.ok(problem?.kind === 'problem' && problem.problem.startsWith('"lib/x.jar" contains classes'));
  assert.deepEqual(others, []);
});

test('maven: reports an archive that cannot be read, but not a file of another format', () => {
  const [problem] = list('app/a.jar', Buffer.alloc(100, 'x'));
  assert.ok(problem?.kind === 'problem' && /not a readable archive/.test(problem.problem));
  assert.deepEqual(list('app/a.rar', Buffer.alloc(100, 'Rar!')), [{ kind: 'no-package', path: 'app/a.rar' }]);
  assert.deepEqual(list('app/a.jar', Buffer.alloc(0)), []);
  assert.deepEqual(list('app/a-sources.jar', jar({ 'A.java': '' })), [
    { kind: 'no-package', path: 'app/a-sources.jar' },
  ]);
});

test('maven: counts problems beyond a number, and lists the good archives among them', () => {
  const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`lib/${i}.jar`, 'broken']));
  const events = list('app/a.war', jar({ ...files, 'lib/z.jar': snakeyaml }));
  assert.equal(events.filter(({ kind }) => kind === 'package').length, 1);
  assert.equal(events.filter(({ kind }) => kind === 'problem').length, limits.problemsPerFile + 1);
  const last = events.at(-1);
  assert.ok(last?.kind === 'problem' && /has 10 more problems/.test(last.problem));
});

test('maven: lists single files as it lists all of them, and shares the limits of a layer', () => {
  const listFile = mavenLister.listEach?.();
  assert.ok(listFile !== undefined);
  const war = jar({ 'WEB-INF/lib/snakeyaml-1.26.jar': snakeyaml });
  assert.deepEqual([...listFile('app/a.war', war)], list('app/a.war', war));
});

test('maven: lists ten thousand jars within one without holding them', () => {
  const files = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`lib/${i}.jar`, snakeyaml]));
  const events = list('app/a.war', jar(files));
  assert.equal(events.length, 10_000);
  assert.ok(events.every(({ kind }) => kind === 'package'));
});

test('maven: reads an archive behind other bytes when its extension is shared with other formats', () => {
  const behind = Buffer.concat([Buffer.from('#'), snakeyaml]);
  assert.deepEqual(
    list('app/a.kar', behind).map((event) => event.kind === 'package' && event.package.version),
    ['1.26'],
  );
  for (const byte of ['\0', 'P', 'K'])
    assert.deepEqual(list('app/a.kar', Buffer.alloc(100, byte)), [{ kind: 'no-package', path: 'app/a.kar' }]);
});
