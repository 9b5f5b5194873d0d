import { apkSubject } from './subject/apk.ts';
import { composerSubject } from './subject/composer.ts';
import { dpkgSubject } from './subject/dpkg.ts';
import { gemSubject } from './subject/gem.ts';
import { goSubject } from './subject/go.ts';
import { mavenSubject } from './subject/maven.ts';
import { npmSubject } from './subject/npm.ts';
import { pep440Subject } from './subject/pep440.ts';
import { rpmSubject } from './subject/rpm.ts';
import { semverSubject } from './subject/semver.ts';
import type { Subject } from './subject/subject.ts';

/** Every scheme that can be compared with its native tool. */
export const subjects: readonly Subject[] = [
  dpkgSubject,
  rpmSubject,
  apkSubject,
  semverSubject,
  npmSubject,
  goSubject,
  pep440Subject,
  gemSubject,
  composerSubject,
  mavenSubject,
];
