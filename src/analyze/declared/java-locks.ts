import * as z from 'zod/mini';
import { type DeclaredFormat, type DeclaredItem, declaredPackage, readEntries } from './declared-format.ts';
import { listSchema, readJson, textLines } from './documents.ts';

/** Lock files of Gradle: `group:artifact:version=configuration,…` lines. */
export const gradleLock: DeclaredFormat = {
  name: 'gradle-lock',
  type: 'maven',
  files: ['gradle.lockfile', '*-gradle.lockfile', 'dependency-locks/*.lockfile'],
  *read(content) {
    for (const line of textLines(content)) {
      const dependency = line.trim();
      if (dependency !== '' && !dependency.startsWith('#') && !dependency.startsWith('empty='))
        yield gradleItem(dependency);
    }
  },
};

function gradleItem(line: string): DeclaredItem {
  const [coordinates = ''] = line.split('=', 1);
  const parts = coordinates.split(':');
  const [group = '', artifact = '', version = ''] = parts;
  if (parts.length === 3) return declaredPackage(`${group}:${artifact}`, version);
  return { kind: 'problem', problem: 'has a line that is not a dependency' };
}

const sbtSchema = z.object({ dependencies: listSchema });

const sbtDependencySchema = z.object({ org: z.string(), name: z.string(), version: z.string() });

/** Lock files of sbt-dependency-lock. */
export const sbtLock: DeclaredFormat = {
  name: 'sbt-lock',
  type: 'maven',
  files: ['build.sbt.lock'],
  *read(content) {
    const { dependencies } = readJson(content, sbtSchema);
    const entries = dependencies.map((entry, i) => [`dependency ${i + 1}`, entry] as const);
    yield* readEntries(entries, sbtDependencySchema, function* ({ org, name, version }) {
      yield declaredPackage(`${org}:${name}`, version);
    });
  },
};
