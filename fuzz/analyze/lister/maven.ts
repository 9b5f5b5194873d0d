import { type Unzipped, unzipSync, zipSync } from 'fflate';
import type { ListerTargets } from '../lister-targets.ts';
import type { Mutation } from '../mutation/mutation.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const code = { 'org/example/A.class': 'code' };
const maven = {
  'META-INF/maven/org.yaml/snakeyaml/pom.properties':
    'groupId=org.yaml\nartifactId=snakeyaml\nversion=1.26\n',
  'META-INF/maven/org.yaml/other/pom.xml':
    '<project><parent><groupId>org.yaml</groupId><version>1</version></parent><artifactId>other</artifactId></project>',
};

function archive(content: Readonly<Record<string, string | Uint8Array>>, level: 0 | 6): Uint8Array {
  const entries = Object.entries(content).map(([path, bytes]) => [path, Buffer.from(bytes as Uint8Array)]);
  return zipSync(Object.fromEntries(entries) as Unzipped, { level, mtime: '1980-01-01' });
}

const manifest =
  'Manifest-Version: 1.0\r\nImplementation-Title: a#b;1\r\nBundle-SymbolicName: org.\r\n example;x:=1\r\n\r\n';

const seeds = (): Input[] => [
  files({ 'app/a.jar': archive({ ...code, ...maven, 'META-INF/MANIFEST.MF': manifest }, 6) }),
  files({
    'app/a.jar': archive(
      { 'BOOT-INF/lib/spring-core-5.2.8.jar': archive(code, 6), 'lib/x.war': archive(maven, 0) },
      0,
    ),
    'app/asm-3.1.jar': archive({ 'x/log4j/core/lookup/JndiLookup.class': '' }, 6),
  }),
];

/** Larger files are bombs of an earlier change. A change of their text would need more memory than a string can have. */
const memberBytesMax = 1024 * 1024;

/** Changes one file of an archive and packs it again, so that what reads its content is reached. */
const changeMember: Mutation = (bytes, random) => {
  let content: Unzipped;
  try {
    content = unzipSync(bytes, { filter: ({ originalSize }) => originalSize <= memberBytesMax });
  } catch {
    return bytes;
  }
  const names = Object.keys(content);
  if (names.length === 0) return bytes;
  const name = random.pick(names);
  const changed = random.pick(textMutations)(Buffer.from(content[name] ?? []), random);
  return Buffer.from(
    zipSync({ ...content, [name]: changed }, { level: random.chance(0.5) ? 0 : 6, mtime: '1980-01-01' }),
  );
};

const ownWords = words(
  'PK\x01\x02',
  'PK\x03\x04',
  'PK\x05\x06',
  'PK\x06\x06',
  'PK\x06\x07',
  '\xff\xff\xff\xff',
  'META-INF/',
  '.jar',
  '.class',
  'project.version',
);

const unpacked = (): Input[] => [
  files({
    'opt/a-1.0/META-INF/MANIFEST.MF': manifest,
    'opt/a-1.0/META-INF/maven/org.yaml/snakeyaml/pom.properties':
      'groupId=org.yaml\nartifactId=snakeyaml\nversion=1.26\n',
    'opt/a-1.0/META-INF/maven/org.yaml/other/pom.xml':
      '<project><parent><groupId>org.yaml</groupId><version>1</version></parent><artifactId>other</artifactId></project>',
    'opt/a-1.0/org/apache/logging/log4j/core/lookup/JndiLookup.class': '',
  }),
  files({ 'plugins/git/META-INF/MANIFEST.MF': 'Short-Name: git\nPlugin-Version: 4.11.0\nGroup-Id: a.b\n' }),
];

const wordsOfText = words(
  'Bundle-SymbolicName: a;x:=1\r\n',
  'Bundle-Version: 1.0\n',
  'Short-Name:',
  'version=',
  '<project>',
  'project.version',
  '\r\n ',
  '\uFEFF',
);

/** Java archives, and their files in directories. */
export const targets: ListerTargets = {
  maven: { seeds, mutations: [changeMember, changeMember, ownWords] },
  'maven-unpacked': { seeds: unpacked, mutations: [...textMutations, wordsOfText] },
};
