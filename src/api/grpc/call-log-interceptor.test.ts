import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { apiServerDefaults, startApiServer } from '../../testing/api-server.ts';
import { grpcClient } from '../../testing/grpc-client.ts';
import { accessByTokens } from '../http/access.ts';
import type { RequestRecord } from '../http/request-record.ts';
import { RpcError } from '../http/v3/errors.ts';
import type { V3Methods } from '../http/v3/methods.ts';
import { grpcServer } from './grpc-server.ts';
import { loadProtos } from './protos.ts';

const token = `admin:${createHash('sha256').update('hidden').digest('hex')}:boss`;

async function startServer(t: TestContext) {
  const records: RequestRecord[] = [];
  const unexpected = (): never => assert.fail('this method is not called');
  const methods: V3Methods = {
    GetAncestry: async () => {
      throw new RpcError('not-found', 'none');
    },
    PostAncestry: unexpected,
    GetStatus: async () => ({ status: {} }),
    GetNotification: unexpected,
    MarkNotificationAsRead: async () => ({}),
  };
  const shared = {
    ...apiServerDefaults,
    access: accessByTokens([token]),
    onError: () => undefined,
    onRequest: (record: RequestRecord) => records.push(record),
  };
  const http2 = await grpcServer({ ...shared, methods: () => methods });
  const server = await startApiServer(t, { ...shared, routers: () => [], http2 });
  return { client: grpcClient(t, server.port), records };
}

const metadata = { authorization: 'Bearer hidden' };

test('records each call once with its code, client, token and details', async (t) => {
  const { client, records } = await startServer(t);
  const protos = await loadProtos();
  const service = (name: string) => protos.service(name);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await client.call(
    service('coreos.clair.StatusService'),
    'GetStatus',
    {},
    { metadata: { ...metadata, traceparent } },
  );
  await client.call(
    service('coreos.clair.NotificationService'),
    'MarkNotificationAsRead',
    { name: 'n' },
    { metadata },
  );
  const ancestries = service('coreos.clair.AncestryService');
  await assert.rejects(client.call(ancestries, 'GetAncestry', { ancestry_name: 'shop' }, { metadata }));
  await assert.rejects(client.call(ancestries, 'GetAncestry', { ancestry_name: 'shop' }));
  await client.call(service('grpc.health.v1.Health'), 'Check', {});
  assert.doesNotMatch(JSON.stringify(records), /hidden/);
  assert.deepEqual(
    records.map(({ route, status, isSuccess, token: by, refused, isChange, details }) => [
      ...[route, status, isSuccess, by, refused, isChange, details],
    ]),
    [
      ['v3/getStatus', 'OK', true, 'boss', undefined, false, {}],
      ['v3/markNotificationAsRead', 'OK', true, 'boss', undefined, true, { notification: 'n' }],
      ['v3/getAncestry', 'NOT_FOUND', false, 'boss', undefined, false, { ancestry: 'shop' }],
      ['v3/getAncestry', 'UNAUTHENTICATED', false, undefined, 'no bearer token', false, {}],
      [undefined, 'OK', true, undefined, undefined, false, {}],
    ],
  );
  const [{ protocol, method, path, client: address, traceId } = assert.fail()] = records;
  assert.deepEqual(
    [protocol, method, path, traceId],
    ['gRPC', 'POST', '/coreos.clair.StatusService/GetStatus', '0af7651916cd43dd8448eb211c80319c'],
  );
  assert.match(address, /127\.0\.0\.1$/);
});
