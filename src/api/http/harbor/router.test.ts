import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedReportType } from './media-types.ts';
import { harborAuthorization } from './router.ts';

test('takes the token from each header in which Harbor sends it', () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  assert.equal(harborAuthorization({ 'x-scanneradapter-api-key': 'a' }), 'Bearer a');
  assert.equal(harborAuthorization({ authorization: 'Bearer a' }), 'Bearer a');
  assert.equal(harborAuthorization({ authorization: basic('name:a:b') }), 'Bearer a:b');
  assert.equal(harborAuthorization({ authorization: basic('a') }), 'Bearer ');
  assert.equal(harborAuthorization({}), undefined);
});

test('ignores blanks and the order of parameters in a media type', () => {
  assert.equal(acceptedReportType('application/vnd.security.vulnerability.report;version=1.1'), 'generic');
  assert.equal(acceptedReportType(' Application/vnd.security.sbom.report+json ;  version=1.0'), 'sbom');
  assert.equal(acceptedReportType(undefined), 'generic');
  assert.throws(() => acceptedReportType('application/vnd.security.vulnerability.report; version=1.2'), {
    status: 415,
  });
});
