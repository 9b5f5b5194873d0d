import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError, type ErrorCode, exitCodes } from '../../core/errors.ts';
import { toNativeError } from './native/errors.ts';
import { WireError } from './route.ts';
import { toWireError } from './v1/errors.ts';
import { internalError, toRpcError } from './v3/errors.ts';
import { toV4Error } from './v4/errors.ts';

/** The answers that are not internal errors: status of v1, code of v3, status of the native routes, status of v4. */
const answers: Partial<Record<ErrorCode, readonly [v1: number, v3: string, native: number, v4: number]>> = {
  usage: [500, 'internal', 400, 500],
  'target-corrupt': [422, 'failed-precondition', 500, 400],
  'layer-not-found': [400, 'invalid-argument', 500, 500],
  'layer-interrupted': [422, 'failed-precondition', 500, 500],
  'layer-mismatch': [422, 'failed-precondition', 500, 400],
  'source-refused': [400, 'invalid-argument', 500, 500],
  'limit-exceeded': [422, 'failed-precondition', 500, 422],
  busy: [503, 'unavailable', 503, 503],
  'store-unusable': [500, 'unavailable', 500, 500],
  'store-unavailable': [503, 'unavailable', 500, 503],
  'store-incompatible': [503, 'unavailable', 503, 503],
  'store-conflict': [500, 'unavailable', 500, 500],
  'layer-unsupported': [422, 'failed-precondition', 500, 422],
  'layer-unreadable': [422, 'failed-precondition', 500, 422],
  'parent-unknown': [400, 'internal', 500, 500],
};

function statusOf(error: unknown): number {
  return error instanceof WireError ? error.status : 500;
}

for (const code of Object.keys(exitCodes) as ErrorCode[])
  test(`answers ${code} with its status in every API`, () => {
    const error = new ClairError(code, 'the message');
    const rpcError = toRpcError(error) ?? internalError;
    assert.deepEqual(
      [
        statusOf(toWireError(error)),
        rpcError.code,
        statusOf(toNativeError(error)),
        statusOf(toV4Error(error)),
      ],
      answers[code] ?? [500, 'internal', 500, 500],
    );
  });

test('shows the client nothing of an error that is not expected', () => {
  const error = new ClairError('feed-corrupt', 'a secret');
  assert.equal(toWireError(error), error);
  assert.equal(toNativeError(error), error);
  assert.equal(toRpcError(error), undefined);
});
