import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { GetAncestryResponse, StatusResponse } from '../../src/api/http/v3/types.ts';
import { outputOf } from '../../src/testing/native-tool.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { inCheckout } from './clair.ts';
import { startEndpoints } from './replay/replay.ts';
import { detectors } from './replay/v3-deviations.ts';

/** Debian's Python, which has the modules of Debian's packages. */
const python = '/usr/bin/python3';

function missingPython(): string | false {
  if (process.env['CI'] !== undefined) return false;
  const { status } = spawnSync(python, ['-c', 'import grpc, grpc_tools']);
  return status === 0 ? false : 'no python3-grpcio and python3-grpc-tools on this machine';
}

/**
 * Generates Python from the proto files of clair, health and reflection with Debian's compiler. Returns the directory.
 */
function generated(t: TestContext): string {
  const folder = temporaryDirectory(t);
  const reflection = 'node_modules/@grpc/reflection/build/proto/grpc/reflection';
  const protos = [
    ['proto', 'coreos/clair/clair.proto'],
    ['node_modules/grpc-health-check/proto', 'health/v1/health.proto'],
    [reflection, 'v1/reflection.proto'],
    [reflection, 'v1alpha/reflection.proto'],
  ] as const;
  for (const [root, proto] of protos) {
    const outputs = [`--python_out=${folder}`, `--grpc_python_out=${folder}`];
    outputOf(python, ['-m', 'grpc_tools.protoc', `-I${inCheckout(root)}`, ...outputs, proto]);
  }
  return folder;
}

interface ClientOutput {
  readonly generated: {
    readonly status: StatusResponse;
    readonly posted: StatusResponse;
    readonly ancestry: GetAncestryResponse;
    readonly health: object;
  } & Readonly<Record<'unknown' | 'nameless' | 'notification' | 'read', readonly [string, string]>>;
  readonly v1: Reflected;
  readonly v1alpha: Reflected;
}

interface Reflected {
  readonly services: readonly string[];
  readonly ancestry: GetAncestryResponse;
}

test('returns by reflection what protoc makes of the protos', { skip: missingPython() }, (t) => {
  const made = join(temporaryDirectory(t), 'descriptors.binpb');
  const roots = ['proto', 'node_modules/grpc-health-check/proto'].map((root) => `-I${inCheckout(root)}`);
  const options = ['--include_imports', `--descriptor_set_out=${made}`];
  const protos = ['coreos/clair/clair.proto', 'health/v1/health.proto'];
  outputOf(python, ['-m', 'grpc_tools.protoc', ...roots, ...options, ...protos]);
  assert.ok(readFileSync(made).equals(readFileSync(inCheckout('proto/descriptors.binpb'))));
});

test('serves a Python client generated from the proto, and one that only uses reflection', {
  skip: missingPython(),
}, async (t) => {
  const layer = join(temporaryDirectory(t), 'layer.tar');
  const files = {
    'etc/os-release': 'ID=alpine\nVERSION_ID=3.10.1\n',
    'lib/apk/db/installed': 'P:musl-utils\nV:1.1.22-r2\nA:x86_64\no:musl\n\n',
  };
  writeFileSync(layer, tar(Object.entries(files).map(([path, content]) => ({ path, content }))));
  const { ports } = await startEndpoints(t, join(temporaryDirectory(t), 'clair.db'));
  const { stdout } = await promisify(execFile)(
    python,
    [inCheckout('test/e2e/grpc/client.py'), `${ports.get(36_060)}`, layer],
    { env: { ...process.env, PYTHONPATH: generated(t) } },
  );
  const heard = JSON.parse(stdout) as ClientOutput;

  const status = { detectors };
  const namespace = { name: 'alpine:v3.10', detector: detectors.find(({ name }) => name === 'os-release') };
  const musl = {
    name: 'musl-utils',
    namespace,
    version: '1.1.22-r2',
    version_format: 'dpkg',
    detector: detectors.find(({ name }) => name === 'apk'),
    feature_type: 'binary',
  };
  const ancestry = {
    ancestry: { name: 'shop', layers: [{ layer: { hash: 'h0' }, detected_features: [musl] }] },
    status,
  };
  assert.deepEqual(heard.generated, {
    status: { status },
    posted: { status },
    ancestry,
    unknown: ['NOT_FOUND', "requested ancestry 'nope' is not found"],
    nameless: ['INVALID_ARGUMENT', 'ancestry name should not be empty'],
    notification: ['NOT_FOUND', "requested notification 'nope' is not found"],
    read: ['NOT_FOUND', "requested notification 'nope' is not found"],
    health: { status: 'SERVING' },
  });
  const services = ['AncestryService', 'NotificationService', 'StatusService'];
  const expected = [...services.map((name) => `coreos.clair.${name}`), 'grpc.health.v1.Health'];
  for (const reflected of [heard.v1, heard.v1alpha]) {
    assert.deepEqual(
      reflected.services.filter((name) => !name.startsWith('grpc.reflection.')),
      expected,
    );
    assert.deepEqual(reflected.ancestry, ancestry);
  }
});
