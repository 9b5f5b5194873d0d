import assert from 'node:assert/strict';
import type { NotificationMessage, Transport } from '../transport.ts';

/** A notification of a new vulnerability in one image. */
export const sampleNotification: NotificationMessage = {
  kind: 'change',
  name: '5f3c1f0e-6f2f-4a8e-9f43-3a3ad0c2c2b1',
  createdAt: '2026-01-02T03:04:05.000Z',
  content: () =>
    Promise.resolve({
      source: 'debian',
      namespace: 'debian:12',
      kind: 'new',
      old: null,
      new: {
        key: 'openssl/CVE-2026-1',
        id: 'CVE-2026-1',
        aliases: [],
        description: 'A buffer is read past its end.',
        links: ['https://security-tracker.debian.org/tracker/CVE-2026-1'],
        severity: 'High',
        cvss: [],
        affected: [
          {
            namespace: { name: 'debian:12', versionScheme: 'dpkg' },
            package: 'openssl',
            range: { to: '3.0.15-1~deb12u1' },
            fix: { state: 'fixed', version: '3.0.15-1~deb12u1' },
          },
        ],
      },
      images: [
        {
          identity: 'sha256:0000',
          names: ['shop'],
          packages: [],
          fix: { state: 'fixed', version: '3.0.15-1~deb12u1' },
        },
      ],
      hasMoreImages: false,
    }),
};

/**
 * Checks the contract of a transport. It must deliver a notification to a receiver that accepts it, and must reject when the signal is
 * aborted. Throws an assertion error on a violation. Test a receiver that refuses in a test of your own.
 */
export async function checkTransport(transport: Transport): Promise<void> {
  await transport.deliver(sampleNotification, new AbortController().signal);
  await assert.rejects(
    transport.deliver(sampleNotification, AbortSignal.abort(new Error('the test aborted the delivery'))),
    'deliver must reject when the signal is aborted',
  );
}
