import { buildImage, dockerArchive } from '../src/testing/image-builder.ts';
import { type TarEntryPlan, tar } from '../src/testing/tar-writer.ts';

/** Number of packages of each ecosystem. */
export interface LanguagePackages {
  readonly npm: number;
  readonly pypi: number;
}

/** Versions with known vulnerabilities, so that the image has findings. */
const vulnerable = {
  npm: ['lodash@4.17.4', 'minimist@0.0.8', 'ws@7.4.0', 'semver@5.3.0', 'qs@6.5.1', 'axios@0.21.0'],
  pypi: ['jinja2@2.10', 'urllib3@1.24.1', 'requests@2.19.1', 'pyyaml@5.1', 'flask@0.12', 'werkzeug@0.14'],
} as const;

const modules = 'app/node_modules';
const sitePackages = 'usr/local/lib/python3.12/site-packages';

/** Returns a docker archive of a Debian system and, in a second layer, these packages with three files each. */
export function languageImage({ npm, pypi }: LanguagePackages): Uint8Array {
  const steps = [{ tar: tar([...system()]) }];
  const files = [...named('npm', npm).flatMap(npmPackage), ...named('pypi', pypi).flatMap(distribution)];
  if (files.length > 0) steps.push({ tar: tar(files) });
  return dockerArchive(buildImage({ steps, tags: ['bench/languages:1'] }));
}

function* system(): Generator<TarEntryPlan> {
  yield { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n' };
  let status = '';
  for (let i = 0; i < 100; i++)
    status += `Package: library${i}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.${i}-1\n\n`;
  yield { path: 'var/lib/dpkg/status', content: status };
}

/** Returns names and versions: those with vulnerabilities first. */
function named(type: keyof LanguagePackages, count: number): (readonly [name: string, version: string])[] {
  return Array.from({ length: count }, (_, i) => {
    const [name = `${type}-library-${i}`, version = `${i % 20}.${i % 7}.${i % 11}`] =
      vulnerable[type][i]?.split('@') ?? [];
    return [name, version];
  });
}

function npmPackage([name, version]: readonly [string, string]): TarEntryPlan[] {
  const manifest = {
    name,
    version,
    description: `What ${name} does, in one line.`,
    main: 'index.js',
    scripts: { test: 'node --test', lint: 'eslint .', build: 'tsc --project tsconfig.json' },
    repository: { type: 'git', url: `git+https://github.com/example/${name}.git` },
    keywords: ['library', 'example', 'node'],
    author: 'An Author <author@example.org>',
    license: 'MIT',
    dependencies: { 'npm-library-1': '^1.0.0', 'npm-library-2': '>=2', 'npm-library-3': '~3.1.0' },
    devDependencies: { eslint: '^9.0.0', typescript: '^5.0.0' },
    engines: { node: '>=18' },
  };
  return [
    { path: `${modules}/${name}/package.json`, content: JSON.stringify(manifest, null, 2) },
    { path: `${modules}/${name}/index.js`, content: 'module.exports = {};\n' },
    { path: `${modules}/${name}/README.md`, content: `# ${name}\n` },
  ];
}

function distribution([name, version]: readonly [string, string]): TarEntryPlan[] {
  const directory = name.replaceAll('-', '_');
  const metadata = `${sitePackages}/${directory}-${version}.dist-info`;
  const text = [
    ...['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`, `Summary: What ${name} does.`],
    ...['Author: An Author', 'Author-email: author@example.org', 'License: MIT'],
    ...['Classifier: License :: OSI Approved :: MIT License', 'Requires-Python: >=3.9'],
    ...['Requires-Dist: pypi-library-1 >=1.0', "Requires-Dist: pypi-library-2 ; extra == 'more'"],
    ...['', 'A longer description. '.repeat(50)],
  ];
  const record = `${directory}/__init__.py,sha256=x,1\n${directory}-${version}.dist-info/METADATA,,\n`;
  return [
    { path: `${metadata}/METADATA`, content: text.join('\n') },
    { path: `${metadata}/RECORD`, content: record },
    { path: `${sitePackages}/${directory}/__init__.py`, content: 'x = 1\n' },
  ];
}
