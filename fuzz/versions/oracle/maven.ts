import { existsSync } from 'node:fs';
import { LineProcess } from './line-process.ts';
import { type Oracle, OracleMissing } from './oracle.ts';
import { beside, prepare, temporaryFolder } from './script.ts';

const jar = '/usr/share/java/maven3-artifact.jar';
const packages = 'default-jdk-headless and libmaven3-core-java';

/** maven-artifact 3, from its JAR. */
export function openMaven(): Oracle {
  if (!existsSync(jar)) throw new OracleMissing(`${jar} does not exist: install ${packages}`);
  const folder = temporaryFolder();
  prepare('javac', ['-cp', jar, '-d', folder, beside('Maven.java')], packages);
  return new LineProcess(`maven-artifact of ${jar}`, 'java', ['-cp', `${jar}:${folder}`, 'Maven']);
}
