import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { ClairError, messageOf } from '../../core/errors.ts';
import type { ConnectionOptions } from '../../kit/http/http-transport.ts';

/** Directories where Docker and Podman look for certificates, with a subdirectory for each registry. containers-certs.d(5) */
const certificateDirectories = ['/etc/containers/certs.d', '/etc/docker/certs.d'] as const;

/**
 * Returns the additional authorities of a registry (`*.crt`), and the client certificate (`*.cert` with its `*.key`). Throws
 * `config-invalid` if a file cannot be read.
 */
export function certificatesFor(
  host: string,
  places: readonly string[] = certificateDirectories,
): Pick<ConnectionOptions, 'ca' | 'cert' | 'key'> {
  const folder = places.map((place) => join(place, host)).find((place) => filesOf(place).length > 0);
  if (folder === undefined) return {};
  const files = filesOf(folder);
  const authorities = files.filter((name) => name.endsWith('.crt')).map((name) => read(folder, name));
  const clientCertificate = files.find((name) => name.endsWith('.cert'));
  return {
    ...(authorities.length > 0 && { ca: [...getCACertificates('default'), ...authorities] }),
    ...(clientCertificate !== undefined && {
      cert: read(folder, clientCertificate),
      key: read(folder, clientCertificate.replace(/\.cert$/, '.key')),
    }),
  };
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function read(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch (error) {
    throw new ClairError('config-invalid', `${join(folder, name)} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
