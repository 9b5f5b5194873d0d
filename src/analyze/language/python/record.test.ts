import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../../core/limits.ts';
import { pythonLister } from './python.ts';
import { codePathsIn } from './record.ts';

const root = 'usr/lib/python3.11/site-packages';

function pathsIn(...lines: readonly string[]): readonly string[] | undefined {
  return codePathsIn(Buffer.from(lines.join('\r\n')), root)?.map((path) => path.slice(root.length + 1));
}

test('returns the directories and modules at the root that a list of files names', () => {
  assert.deepEqual(
    pathsIn(
      'yaml/__init__.py,sha256=x,1',
      'yaml/loader.py,,',
      'six.py,sha256=x,3',
      '_cffi.cpython-311.so,sha256=x,3',
      '"odd, name/__init__.py",sha256=x,3',
      '../../../bin/tool.py,sha256=x,3',
      'yaml-6.0.dist-info/RECORD,,',
      'yaml-6.0.dist-info/x.py,,',
      'share/data.json,,',
    ),
    ['yaml', 'six.py', 'six.pyc', '_cffi.cpython-311.so', 'odd, name'],
  );
});

test('returns nothing for a list without code, with too much, or elsewhere', () => {
  assert.equal(pathsIn('certs/cacert.pem,,'), undefined);
  const many = Array.from({ length: limits.codePathsPerPackage + 1 }, (_, i) => `m${i}/a.py,,`);
  assert.equal(pathsIn(...many), undefined);
  assert.equal(codePathsIn(Buffer.from('yaml/__init__.py,,'), 'app/libraries'), undefined);
});

test('adds the usual places of the code of a distribution, whatever its list of files names', () => {
  const directory = `${root}/Flask_Login-0.6.dist-info`;
  const files = new Map([
    [`${directory}/METADATA`, Buffer.from('Metadata-Version: 2.1\nName: Flask-Login\nVersion: 0.6\n\n')],
    [`${directory}/RECORD`, Buffer.from('old/__init__.py,,\n')],
  ]);
  const [event] = pythonLister.list(files);
  const paths = event?.kind === 'package' ? (event.package.codePaths ?? []) : [];
  assert.ok(paths.includes(`${root}/old`));
  assert.ok(paths.includes(`${root}/flask_login`) && paths.includes(`${root}/flask_login.py`));
});
