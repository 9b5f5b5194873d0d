import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packageName } from './package-name.ts';

test("gives the spellings of an ecosystem's name one name", () => {
  assert.equal(packageName('pypi', 'Zope.Interface__x'), 'zope-interface-x');
  assert.equal(packageName('nuget', 'Newtonsoft.Json'), 'newtonsoft.json');
  assert.equal(packageName('composer', 'Twig/Twig'), 'twig/twig');
  assert.equal(packageName('cargo', 'Serde_JSON-x'), 'serde-json-x');
  assert.equal(packageName('npm', 'JSONStream'), 'JSONStream');
  for (const url of [
    'github.com/Vapor/vapor',
    'https://github.com/vapor/vapor.git',
    'ssh://git@github.com/vapor/vapor/',
  ])
    assert.equal(packageName('swift', url), 'github.com/vapor/vapor');
  assert.equal(packageName('golang', 'github.com/Masterminds/goutils'), 'github.com/Masterminds/goutils');
});
