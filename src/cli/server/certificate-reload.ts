import { unwatchFile, watchFile } from 'node:fs';
import type { ServerOptions } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { readTls, type TlsSettings } from '../../api/http/tls.ts';
import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

/** Options of `CertificateReload`. */
export interface CertificateReloadOptions {
  /** The files as they were read at the start; undefined if TLS is off. */
  readonly first: ServerOptions | undefined;
  /** Uses other files for new connections. */
  readonly apply: (tls: ServerOptions) => void;
  readonly log: Logger;
  /** Time between two looks at the files, in milliseconds; `limits.certificateCheckMs` by default. */
  readonly checkMs?: number;
}

/** Reads the certificate, its key and the authorities of the API again when their files change, until it is disposed. */
export class CertificateReload implements AsyncDisposable {
  readonly #settings: TlsSettings;
  readonly #options: CertificateReloadOptions;
  readonly #paths: readonly string[];
  readonly #onChange = (): void => {
    this.reload();
  };
  #current: ServerOptions | undefined;

  constructor(settings: TlsSettings, options: CertificateReloadOptions) {
    const { certfile, keyfile, cafile } = settings;
    this.#settings = settings;
    this.#options = options;
    this.#current = options.first;
    this.#paths = [certfile, keyfile, cafile].filter((path) => path !== '');
    const interval = options.checkMs ?? limits.certificateCheckMs;
    // It asks for the state of the file, so it also sees a link of Kubernetes that points elsewhere.
    for (const path of this.#paths) watchFile(path, { interval, persistent: false }, this.#onChange);
  }

  /** Reads the files. Files that cannot be used, or that do not belong together, change nothing and are logged as an error. */
  reload(): void {
    if (this.#current === undefined) return;
    const { apply, log } = this.#options;
    try {
      const tls = readTls(this.#settings);
      if (tls === undefined || isDeepStrictEqual(tls, this.#current)) return;
      apply(tls);
      this.#current = tls;
      log.info({ files: this.#paths }, 'certificate reloaded');
    } catch (error) {
      log.error({ error: messageOf(error) }, 'certificate reload failed; keeping the current one');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const path of this.#paths) unwatchFile(path, this.#onChange);
  }
}
