import type { Config } from '../../config/settings.ts';
import { ClairError, messageOf } from '../../core/errors.ts';
import { readCredentialFile } from '../../image/registry/credential-file.ts';

/**
 * Checks that the credential files of `images` can be read. Throws `config-invalid`, which names the setting. Scans read the files again,
 * so that rotated credentials apply without a restart.
 */
export function checkAuthFiles({ authfile, credentials }: Config['images']): void {
  if (authfile !== '') checkAuthFile('images.authfile', authfile);
  for (const [name, { authfile: path }] of Object.entries(credentials))
    if (path !== undefined && path !== '') checkAuthFile(`images.credentials.${name}.authfile`, path);
}

function checkAuthFile(setting: string, path: string): void {
  let file: ReturnType<typeof readCredentialFile>;
  try {
    file = readCredentialFile(path);
  } catch (error) {
    throw new ClairError('config-invalid', `${setting}: ${messageOf(error)}`, { cause: error });
  }
  if (file === undefined)
    throw new ClairError('config-invalid', `${setting} names ${path}, which does not exist`);
}
