/**
 * Writes a new version into the files that name the version of the package. npm runs it after it has changed `package.json`:
 *
 *     npm version 0.3.0 --no-git-tag-version
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const { npm_old_version: before, npm_new_version: after } = process.env;
if (before === undefined || after === undefined) throw new Error('run npm version VERSION instead');

const places = ['README.md', 'docs/*.md', 'deploy', 'examples', 'src/report/report-text.ts'];

/** Matches the file of the package, the images, and fields of a version. */
const named = new RegExp(
  String.raw`(clair-ts-|clair:|clair-image:|\b(?:version|appVersion): '?)${before.replaceAll('.', String.raw`\.`)}\b`,
  'g',
);

const paths = execFileSync('git', ['ls-files', '-z', ...places], { cwd: root, encoding: 'utf8' });
for (const path of paths.split('\0').filter((one) => /\.(?:md|ya?ml|ts)$/.test(one))) {
  const file = resolve(root, path);
  const text = readFileSync(file, 'utf8');
  const changed = text.replaceAll(named, `$1${after}`);
  if (changed !== text) writeFileSync(file, changed);
}
