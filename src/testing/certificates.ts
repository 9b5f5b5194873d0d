import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Paths of a certificate and its key. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority that openssl creates and the end of the test removes. */
export interface TestAuthority extends CertificateFiles {
  /** Creates a certificate for a name, signed by the authority. */
  issue(name: string): CertificateFiles;
}

/** Creates an authority whose files are removed after the test. */
export function testAuthority(context: TestContext): TestAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'clair-certificates-'));
  context.after(() => {
    rmSync(folder, { recursive: true });
  });
  const files = (name: string): CertificateFiles => ({
    cert: join(folder, `${name}.pem`),
    key: join(folder, `${name}.key`),
  });
  const ca = files('authority');
  request('authority', ca, []);
  return {
    ...ca,
    issue(name) {
      const issued = files(name);
      const names = `subjectAltName=DNS:${name},IP:127.0.0.1`;
      request(name, issued, ['-CA', ca.cert, '-CAkey', ca.key, '-addext', names]);
      return issued;
    },
  };
}

function request(name: string, { cert, key }: CertificateFiles, more: readonly string[]): void {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', `/CN=${name}`, '-days', '2', '-keyout', key, '-out', cert];
  const made = spawnSync('openssl', ['req', '-x509', ...curve, ...subject, ...more], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`openssl: ${made.error?.message ?? made.stderr}`);
}
