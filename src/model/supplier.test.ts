import assert from 'node:assert/strict';
import { test } from 'node:test';
import { supplierOf, upstreamNameOf } from './supplier.ts';

test('recognizes a supplier by the name or the version of a package', () => {
  const supplier = (type: string, name: string, version: string): string | undefined =>
    supplierOf({ type, name, version })?.supplier;
  assert.equal(supplier('npm', '@rootio/lodash', '4.17.21'), 'root');
  assert.equal(supplier('gem', 'rootio-rack', '2.2.3'), 'root');
  assert.equal(supplier('maven', 'org.yaml:snakeyaml', '1.26.root.io.1'), 'root');
  assert.equal(supplier('golang', 'sealsecurity.io/github.com/x/y', 'v1.0.0'), 'seal');
  for (const version of ['1.2.3-sp1', '1.0.0-root.io', '2.1.0+cgr.1', '1.0+spring'])
    assert.equal(supplier('npm', 'lodash', version), undefined, version);
  assert.equal(supplier('pypi', 'seal-tools', '1.0'), undefined);
});

test('returns the upstream name of a package of a supplier', () => {
  assert.equal(upstreamNameOf('root', 'npm', '@rootio/babel__core'), '@babel/core');
  assert.equal(upstreamNameOf('root', 'npm', '@rootio/lodash'), 'lodash');
  assert.equal(upstreamNameOf('root', 'npm', 'lodash'), 'lodash');
  assert.equal(upstreamNameOf('seal', 'maven', 'seal.sp2.org.yaml:snakeyaml'), 'org.yaml:snakeyaml');
  assert.equal(upstreamNameOf('other', 'npm', '@rootio/lodash'), '@rootio/lodash');
});
