import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import { inventoryNamespace, type ManifestContent, manifestLister } from '../../manifest-lister.ts';
import { scalarFields } from '../../scalar-fields.ts';

/** `rocks-5.1/NAME/VERSION/NAME-VERSION.rockspec`. Older releases of LuaRocks have no version of Lua there. */
const specificationPath = /(?:^|\/)rocks(?:-[^/]+)?\/([^/]+)\/([^/]+)\/([^/]+)\.rockspec$/;

/** Lists rocks of LuaRocks, which keeps the specification of each in a tree of its own. There are no advisories. */
export const luarocksLister = manifestLister({
  type: 'luarocks',
  version: 1,
  wants: ['**/rocks-*/*/*/*.rockspec', '**/rocks/*/*/*.rockspec'],
  ecosystem: inventoryNamespace('luarocks'),
  read: readSpecification,
});

/** LuaRocks finds a rock by its directories. The specification is a program of Lua, which may compute its version. */
function readSpecification(path: string, content: Uint8Array): ManifestContent {
  const [, name, version, file] = specificationPath.exec(path) ?? [];
  if (name === undefined || version === undefined) return undefined;
  const fields = scalarFields(content, '=', ['package', 'version']);
  const stated = fields.get('package') ?? name;
  const statedVersion = fields.get('version') ?? version;
  // LuaRocks compares names without regard to case, and keeps directories in lower case.
  const isOfDirectory = file === `${name}-${version}` && stated.toLowerCase() === name.toLowerCase();
  if (isOfDirectory && statedVersion === version) return { name, version };
  return {
    problem: `is for ${quoteUntrusted(`${stated} ${statedVersion}`)}, in the directory of another rock`,
  };
}
