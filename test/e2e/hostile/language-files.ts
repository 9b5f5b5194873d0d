import { createHash } from 'node:crypto';
import { zipSync } from 'fflate';
import type { TarEntryPlan } from '../../../src/testing/tar-writer.ts';
import { crowdOf } from './crowds.ts';
import type { Answer, HostileImage, Sizes } from './hostile-image.ts';
import { gzip, layeredImage, zstd } from './layered-image.ts';
import { end, headerOf, members, system } from './tar-pieces.ts';

const MiB = 1024 * 1024;
/** Bytes that do not compress, so that a layer stays below the limit of the ratio. */
const noise = Buffer.concat(
  Array.from({ length: 64 }, (_, index) => createHash('sha512').update(String(index)).digest()),
);

/** The limit of the size of an archive. Repeated here, since tests state the expected result. */
const archiveBytes = 2 * 1024 * MiB;

const right: Answer = { packages: ['hello'] };

/** Layers with very many, very large or deeply nested files of language packages. */
export function languageFiles({ members: count, files, jarBytes, nestedJars }: Sizes): HostileImage[] {
  const large: Answer =
    jarBytes > archiveBytes
      ? { packages: ['hello'], problem: /archives are read up to 2147483648 bytes/ }
      : { packages: ['hello', 'a:a'] };
  const crowd = (what: string, answer: Answer, member: TarEntryPlan): HostileImage =>
    layeredImage(
      what,
      answer,
      zstd(() => crowdOf(count, member)),
    );
  return [
    layeredImage(
      `${files} files of npm packages`,
      right,
      zstd(() => crowdOf(files, { path: 'app/node_modules/#/index.js' })),
    ),
    crowd(
      `${count} npm packages`,
      { packages: 'some', problem: /40000 are read per layer/ },
      { path: 'app/node_modules/#/package.json', content: '{"name":"a","version":"1.0.0"}' },
    ),
    crowd(
      `${count} links to npm packages`,
      { packages: 'some' },
      { path: 'app/node_modules/#', target: '/opt/a' },
    ),
    layeredImage(
      'npm manifests of 15 MiB',
      { packages: 'some', problem: /up to 50331648 bytes per layer/ },
      gzip(() => largeManifests(12)),
    ),
    archive(
      `a jar of ${jarBytes / MiB} MiB of zeros, compressed`,
      { packages: ['hello'], problem: /is not a readable archive|cannot be read/ },
      () => zeroJar(jarBytes),
    ),
    archive(
      `a jar with Maven files of ${jarBytes / MiB} MiB`,
      { packages: ['hello'], problem: /state no usable version/ },
      () => mavenJar(jarBytes),
    ),
    archive(`${nestedJars} jars in a jar`, { packages: 'some' }, () => jarOfJars(nestedJars)),
    layeredImage(
      `${nestedJars} jars`,
      { packages: 'some' },
      zstd(() => crowdOf(nestedJars, { path: 'app/#.jar', content: smallJar('app', 'app') })),
    ),
    layeredImage(
      `a jar of ${jarBytes / MiB} MiB, not compressed`,
      large,
      zstd(() => storedJar(jarBytes)),
    ),
  ];
}

function archive(name: string, answer: Answer, content: () => Uint8Array): HostileImage {
  return layeredImage(
    name,
    answer,
    gzip(() => [system, members({ path: 'app/app.jar', content: content() }), end]),
  );
}

function* largeManifests(count: number): Generator<Uint8Array> {
  yield system;
  const padding = noise.toString('hex').repeat(15 * (MiB / (2 * noise.length)));
  for (let index = 0; index < count; index++)
    yield members({
      path: `app/node_modules/a${index}/package.json`,
      content: JSON.stringify({ name: `a${index}`, version: '1.0.0', padding }),
    });
  yield end;
}

/** Returns a jar with archives that inflate to `bytes` zeros in all. Each is just small enough to be opened. */
function zeroJar(bytes: number): Uint8Array {
  const zeros = new Uint8Array(31 * MiB);
  const count = Math.ceil(bytes / zeros.length);
  return zipSync(
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`lib/${index}.jar`, zeros])),
  );
}

function mavenJar(bytes: number): Uint8Array {
  const spaces = new Uint8Array(15 * MiB).fill(0x20);
  const count = Math.ceil(bytes / spaces.length);
  const path = (index: number): string => `META-INF/maven/g/a${index}/pom.properties`;
  return zipSync(Object.fromEntries(Array.from({ length: count }, (_, index) => [path(index), spaces])));
}

function jarOfJars(count: number): Uint8Array {
  const entries: Record<string, Uint8Array> = {};
  for (let index = 0; index < count; index++) entries[`lib/${index}.jar`] = smallJar('a', `a${index}`);
  return zipSync(entries);
}

function smallJar(group: string, artifact: string): Uint8Array {
  const text = `groupId=${group}\nartifactId=${artifact}\nversion=1.0\n`;
  return zipSync({
    'a/A.class': new Uint8Array(1),
    [`META-INF/maven/${group}/${artifact}/pom.properties`]: Buffer.from(text),
  });
}

/** Yields a layer with a jar of this size, most of which precedes its content. */
function* storedJar(bytes: number): Generator<Uint8Array> {
  const jar = smallJar('a', 'a');
  const piece = Buffer.concat([noise, new Uint8Array(MiB - noise.length)]);
  yield system;
  yield headerOf('app/app.jar', jar.length + bytes);
  for (let size = 0; size < bytes; size += MiB) yield piece;
  yield jar;
  yield new Uint8Array((512 - ((jar.length + bytes) % 512)) % 512);
  yield end;
}
