import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { assessedProducts } from '../../model/namespace.ts';
import { corpusTest } from '../../testing/corpus.ts';
import { corpusFiles } from '../../testing/corpus-archive.ts';
import { cve } from '../cve/cve.ts';
import { productInCpe, productInRecord } from './product-names.ts';
import { productStatements } from './record-statements.ts';

const affected = { version: '1.0', status: 'affected' };

function statementsOn(...elements: readonly object[]): unknown {
  return productStatements({ by: 'cna', author: 'x', affected: elements });
}

test('finds products by the vendors and names of real records', () => {
  const names: readonly (readonly [string, string, string])[] = [
    ['Python Software Foundation', 'CPython', 'python'],
    ['Node.js', 'Node.js', 'node'],
    ['nodejs', 'node', 'node'],
    ['F5', 'NGINX Open Source', 'nginx'],
    ['Apache Software Foundation', 'Apache HTTP Server', 'httpd'],
    ['n/a', 'PostgreSQL', 'postgresql'],
    ['redis', 'redis', 'redis'],
    ['OpenSSL', 'OpenSSL', 'openssl'],
    ['n/a', 'https://github.com/curl/curl', 'curl'],
    ['PHP Group', 'PHP', 'php'],
    ['erlang', 'otp', 'erlang'],
    ['tukaani-project', 'xz', 'xz'],
  ];
  for (const [vendor, product, expected] of names)
    assert.equal(productInRecord({ vendor, product }), expected, `${vendor} ${product}`);
});

test('leaves out other products with the same name', () => {
  for (const [vendor, product] of [
    ['Cloudflare', 'zlib'],
    ['Oracle Corporation', 'HTTP Server'],
    ['F5', 'NGINX Plus'],
    ['0xJacky', 'nginx-ui'],
    ['auth0', 'node-jsonwebtoken'],
    ['Red Hat', 'Red Hat Enterprise Linux 8'],
  ] as const)
    assert.equal(productInRecord({ vendor, product, repo: 'https://github.com/openssl/openssl' }), undefined);
});

test('finds a product by its repository if a record has neither vendor nor product', () => {
  assert.equal(productInRecord({ collectionURL: 'https://github.com/tukaani-project/xz' }), 'xz');
  assert.equal(productInRecord({ repo: 'https://github.com/Perl/perl5/' }), 'perl');
  assert.equal(productInRecord({ collectionURL: 'https://access.redhat.com/downloads' }), undefined);
  assert.equal(productInRecord({ vendor: 7, product: null }), undefined);
});

test('has names of every assessed product', () => {
  const inCpes = ['gnu:bash', 'haxx:curl', 'erlang:erlang/otp', 'f5:nginx', 'apache:http_server'];
  for (const name of inCpes) {
    const [vendor = '', product = ''] = name.split(':');
    assert.ok(
      assessedProducts.some((one) => one === productInCpe(vendor, product)),
      name,
    );
  }
});

test('keeps a statement that cannot be read, without versions', () => {
  const openssl = { vendor: 'OpenSSL', product: 'OpenSSL' };
  const unread = [{ product: 'openssl', by: 'cna', versions: [] }];
  assert.deepEqual(statementsOn({ ...openssl, versions: [{ version: 1 }] }), unread);
  assert.deepEqual(statementsOn({ ...openssl, versions: [{ ...affected, status: 'maybe' }] }), unread);
  const many = Array.from({ length: limits.productVersions + 1 }, () => affected);
  assert.deepEqual(statementsOn({ ...openssl, versions: many }), unread);
  assert.deepEqual(statementsOn(null as unknown as object, 'x' as unknown as object), []);
  assert.deepEqual(productStatements({ by: 'cna', author: 'x', affected: {} }), []);
});

test('reads a repeated end of HackerOne as a range, and of others as a version', () => {
  const startBy = (author: string, name: string, bounds: object): string | undefined => {
    const versions = [{ ...affected, version: '20.5.0', versionType: 'semver', ...bounds }];
    const element = { vendor: name, product: name, defaultStatus: 'unaffected', versions };
    return productStatements({ by: 'cna', author, affected: [element] })[0]?.versions[0]?.version;
  };
  assert.equal(startBy('hackerone', 'Node.js', { lessThanOrEqual: '20.5.0' }), '20');
  assert.equal(startBy('hackerone', 'Node.js', { lessThan: '20.5.0' }), '20');
  assert.equal(startBy('hackerone', 'Node.js', { lessThan: '20.6.0' }), '20.5.0');
  assert.equal(startBy('hackerone', 'curl', { lessThanOrEqual: '20.5.0' }), 'unspecified');
  assert.equal(startBy('curl', 'curl', { lessThanOrEqual: '20.5.0' }), '20.5.0');
});

corpusTest('reads the statements of real records', async () => {
  const products = new Map<string, number>();
  for (const { path, bytes } of corpusFiles('feeds/cve5/vulnrichment.tar.zst', '.json')) {
    const [id] = /CVE-\d+-\d+(?=\.json$)/.exec(path) ?? [];
    if (id === undefined) continue;
    const { products: stated = [] } = await cve.read(id, bytes);
    for (const { product, by, versions } of stated) {
      assert.notEqual(versions.length, 0, id);
      products.set(`${product} ${by}`, (products.get(`${product} ${by}`) ?? 0) + 1);
    }
  }
  // Counted by vendor and product in the text of the records.
  assert.deepEqual(Object.fromEntries(products), {
    'curl cna': 2,
    'curl cisa-adp': 1,
    'httpd cna': 5,
    'httpd cisa-adp': 2,
    'nginx cna': 1,
    'node cna': 8,
    'node cisa-adp': 4,
    'openssl cna': 3,
    'openssl cisa-adp': 2,
    'php cna': 5,
    'php cisa-adp': 8,
    'python cna': 1,
    'python cisa-adp': 1,
    'zlib cisa-adp': 1,
  });
});
