import { bunLock } from './bun-lock.ts';
import { cargoLock } from './cargo-lock.ts';
import { composerLock } from './composer-lock.ts';
import { conanLock } from './conan-lock.ts';
import type { DeclaredFormat } from './declared-format.ts';
import { mixLock, rebarLock } from './erlang-locks.ts';
import { gemfileLock } from './gemfile-lock.ts';
import { goMod } from './go-mod.ts';
import { cabalFreeze, stackLock } from './haskell-locks.ts';
import { gradleLock, sbtLock } from './java-locks.ts';
import { juliaManifest } from './julia-manifest.ts';
import { mavenPom } from './maven-pom.ts';
import { npmLock } from './npm-lock.ts';
import { nugetLock, packagesConfig, packagesProps } from './nuget-locks.ts';
import { pipRequirements } from './pip-requirements.ts';
import { pipfileLock } from './pipfile-lock.ts';
import { pnpmLock } from './pnpm-lock.ts';
import { pubspecLock } from './pubspec-lock.ts';
import { pythonLocks } from './python-locks.ts';
import { podfileLock, swiftResolved } from './swift-locks.ts';
import { yarnLock } from './yarn-lock.ts';

/** All formats of lock files and manifests. */
export const declaredFormats: readonly DeclaredFormat[] = [
  ...[npmLock, yarnLock, pnpmLock, bunLock],
  ...[pythonLocks, pipfileLock, pipRequirements],
  ...[goMod, cargoLock, gemfileLock, composerLock],
  ...[mavenPom, gradleLock, sbtLock],
  ...[nugetLock, packagesConfig, packagesProps],
  ...[mixLock, rebarLock, pubspecLock, swiftResolved, podfileLock],
  ...[conanLock, juliaManifest, cabalFreeze, stackLock],
];
