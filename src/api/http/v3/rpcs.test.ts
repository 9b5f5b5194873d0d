import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadProtos } from '../../grpc/protos.ts';
import { protoPackage, rpcs } from './rpcs.ts';

test('serves every method of the proto, with the path and the scope in docs/reference/api-v3.md', async () => {
  const protos = await loadProtos();
  const page = readFileSync(new URL('../../../../docs/reference/api-v3.md', import.meta.url), 'utf8');
  for (const [service, methods] of Map.groupBy(rpcs, (rpc) => rpc.service)) {
    const name = `${protoPackage}.${service}`;
    const served = methods.map(({ method }) => method);
    assert.deepEqual(Object.keys(protos.service(name)).toSorted(), served.toSorted());
    for (const { method, verb, path, scope } of methods) {
      const shown = path.replace(/:(\w+)/, '{$1}');
      assert.ok(page.includes(`| \`${name}/${method}\` | \`${verb} ${shown}\` | \`${scope}\` |`), method);
    }
  }
});

test('reads the fields of the proto from HTTP requests', async () => {
  const protos = await loadProtos();
  for (const { service, method, request, numbers } of rpcs) {
    const definition = protos.service(`${protoPackage}.${service}`)[method] ?? assert.fail(method);
    const read = definition.requestDeserialize(Buffer.alloc(0)) as object;
    assert.deepEqual(Object.keys(read).toSorted(), [...Object.keys(request), ...numbers].toSorted(), method);
  }
});
