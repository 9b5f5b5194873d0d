import { alpineRelease } from './analyze/namespace/alpine-release.ts';
import { aptSources } from './analyze/namespace/apt-sources.ts';
import { lsbRelease } from './analyze/namespace/lsb-release.ts';
import { osRelease } from './analyze/namespace/os-release.ts';
import { redhatRelease } from './analyze/namespace/redhat-release.ts';
import { apk as apkLister } from './analyze/package/apk.ts';
import { dpkg as dpkgLister } from './analyze/package/dpkg.ts';
import { rpm as rpmLister } from './analyze/package/rpm/rpm.ts';
import type { Extensions } from './plugin/extensions.ts';
import { jsonFormat } from './report/json.ts';
import { sbomJsonFormat } from './report/sbom.ts';
import { tableFormat } from './report/table.ts';
import { alpine } from './source/alpine/alpine.ts';
import { debian } from './source/debian/debian.ts';
import { apk } from './version/apk.ts';
import { composer } from './version/composer.ts';
import { dpkg } from './version/dpkg.ts';
import { gem } from './version/gem.ts';
import { go } from './version/go.ts';
import { maven } from './version/maven.ts';
import { npm } from './version/npm.ts';
import { nuget } from './version/nuget.ts';
import { pep440 } from './version/pep440.ts';
import { pub } from './version/pub.ts';
import { rpm } from './version/rpm.ts';
import { semver } from './version/semver.ts';

/** Everything that comes with clair. The order is the order of trial; adding one means adding a line here. */
export const builtIn: Extensions = {
  detectors: [osRelease, redhatRelease, alpineRelease, lsbRelease, aptSources],
  listers: [dpkgLister, apkLister, rpmLister],
  schemes: [dpkg, rpm, apk, semver, npm, go, pep440, gem, maven, nuget, composer, pub],
  sources: [debian, alpine],
  formats: [tableFormat, jsonFormat],
  sbomFormats: [sbomJsonFormat],
};
