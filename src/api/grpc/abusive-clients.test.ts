import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { apiServerDefaults, startApiServer } from '../../testing/api-server.ts';
import { grpcClient } from '../../testing/grpc-client.ts';
import {
  callFrame,
  emptyMessageFrame,
  framesOf,
  frameTypes,
  rawHttp2,
  repeatedLine,
  resetFrame,
  untilFrame,
} from '../../testing/http2-frames.ts';
import type { V3Methods } from '../http/v3/methods.ts';
import { grpcServer } from './grpc-server.ts';
import { loadProtos } from './protos.ts';

const protos = await loadProtos();
const path = '/coreos.clair.StatusService/GetStatus';

/** Starts a server that counts its calls of `GetStatus`. */
async function startServer(context: TestContext) {
  let calls = 0;
  const unexpected = (): never => assert.fail('this method is not called');
  const methods: V3Methods = {
    GetAncestry: unexpected,
    PostAncestry: unexpected,
    GetStatus: async () => {
      calls++;
      return {};
    },
    GetNotification: unexpected,
    MarkNotificationAsRead: unexpected,
  };
  const http2 = await grpcServer({ ...apiServerDefaults, methods: () => methods });
  const server = await startApiServer(context, { routers: () => [], http2 });
  const client = grpcClient(context, server.port);
  const callGetStatus = (): Promise<object> =>
    client.call(protos.service('coreos.clair.StatusService'), 'GetStatus', {});
  return { port: server.port, ask: callGetStatus, calls: () => calls };
}

test('closes a connection after a hundred resets, without running a call', async (context) => {
  const { port, ask: callGetStatus, calls } = await startServer(context);
  const socket = await rawHttp2(context, port);
  for (let id = 1; id < 2000; id += 2)
    socket.write(Buffer.concat([callFrame(id, path), emptyMessageFrame(id), resetFrame(id)]));
  const frames = await framesOf(socket);
  assert.ok(frames.some(({ type }) => type === frameTypes.goAway));
  assert.ok(calls() <= limits.grpcResets, `${calls()} calls`);
  await callGetStatus();
});

test('keeps a connection when the client cancels some calls', async (context) => {
  const { port } = await startServer(context);
  const socket = await rawHttp2(context, port);
  for (let id = 1; id < limits.grpcResets; id += 2)
    socket.write(Buffer.concat([callFrame(id, path), resetFrame(id)]));
  await once(socket, 'data');
  socket.write(Buffer.concat([callFrame(1001, path), emptyMessageFrame(1001)]));
  await once(socket, 'data');
  assert.equal(socket.closed, false);
});

test('closes a connection when it keeps starting calls over the limit', async (context) => {
  const { port, ask: callGetStatus } = await startServer(context);
  const socket = await rawHttp2(context, port);
  const most = limits.grpcCallsPerConnection + limits.grpcRejectedCalls + 10;
  for (let i = 0; i < most; i++) socket.write(callFrame(2 * i + 1, path));
  await framesOf(socket);
  await callGetStatus();
});

test('refuses a call without running it when its header lines are too long or too many', async (context) => {
  const { port, ask: callGetStatus, calls } = await startServer(context);
  const call = (lines: Uint8Array): Buffer =>
    Buffer.concat([callFrame(1, path, lines), emptyMessageFrame(1)]);
  const long = await rawHttp2(context, port);
  const lineBytes = 1024;
  long.write(call(repeatedLine('x-long', 'x'.repeat(lineBytes), limits.requestHeaderBytes / lineBytes)));
  const head = await untilFrame(long, frameTypes.headers);
  assert.match(head.payload.toString('latin1'), /431/);
  const many = await rawHttp2(context, port);
  many.write(call(repeatedLine('x', '', limits.requestHeaders)));
  await untilFrame(many, frameTypes.reset);
  assert.equal(calls(), 0);
  await callGetStatus();
});
