import { ClairError } from '../core/errors.ts';
import { boolean, integer, string, type ValuesOf } from '../core/setting.ts';
import { readSettingFile } from './http-post.ts';

/** Settings that both kinds of brokers have. Names are those of Clair v4, in one word. */
export const brokerSettings = {
  callback: string(
    'URL of the notifications for the receiver, as in `notifier.clair4.callback`. Needed unless `direct` is set.',
  ),
  direct: boolean(
    'Send the affected manifests in the messages. Otherwise a message has the id and the address of a notification.',
    false,
  ),
  rollup: integer('Largest number of manifests in a message if `direct` is set; 0 is 1.', 0),
  cafile: string("Path of the CA certificates that are trusted to sign the broker's certificate (PEM)."),
  certfile: string('Path of the client certificate (PEM).'),
  keyfile: string('Path of the private key of the client certificate (PEM).'),
} as const;

/** Values of the settings of a broker. */
export type BrokerOptions = ValuesOf<typeof brokerSettings>;

/** Certificates and key of a connection with TLS. */
export interface BrokerTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Reads the files of the settings. Throws `config-invalid` if one cannot be read, or only one of certificate and key is given. */
export function brokerTlsOf(section: string, { cafile, certfile, keyfile }: BrokerOptions): BrokerTls {
  if ((certfile === '') !== (keyfile === ''))
    throw new ClairError('config-invalid', `${section} needs both certfile and keyfile, or neither`);
  const read = (setting: string, path: string): Buffer => readSettingFile(`${section}.${setting}`, path);
  return {
    ...(cafile !== '' && { ca: read('cafile', cafile) }),
    ...(certfile !== '' && { cert: read('certfile', certfile), key: read('keyfile', keyfile) }),
  };
}
