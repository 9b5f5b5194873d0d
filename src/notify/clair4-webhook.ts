import { ClairError } from '../core/errors.ts';
import { secretString, string, type ValuesOf } from '../core/setting.ts';
import { parseSigningKey, signToken } from '../kit/json-web-token.ts';
import type { Transport } from '../plugin/transport.ts';
import { affectsManifest, callbackMessage, callbackOf } from './clair4-callback.ts';
import { type PostRequest, postSettings, postTargetOf } from './http-post.ts';
import { type TransportContext, transportKind } from './transport-kind.ts';

const settings = {
  endpoint: secretString(
    'URL that notifications are posted to in the form of Clair v4 (`notifier.webhook.target` there). If empty, nothing is posted.',
  ),
  callback: string(
    'URL of the notifications for the receiver, which is that of the notifier API: `http://clair:6060/notifier/api/v1/notification/` (`notifier.webhook.callback` in Clair v4).',
  ),
  headers: secretString(
    'Additional headers, as `name=value,…` with percent-encoded values (`notifier.webhook.headers` in Clair v4).',
  ),
  pskkey: secretString(
    'Key in base64 that signs a JSON Web Token for the receiver (`auth.psk.key` in Clair v4). Without a key, no token is sent.',
  ),
  ...postSettings,
} as const;

/** Settings of a webhook of Clair v4. */
export type Clair4WebhookOptions = ValuesOf<typeof settings>;

/** Posts the id and the address of a notification of an update, as the notifier of Clair v4 does, if a manifest is affected. */
export const clair4Webhook = transportKind({
  name: 'clair4',
  readBy: 'programs',
  settings,
  open: (options, context) => (options.endpoint === '' ? undefined : toReceiver(options, context)),
});

function toReceiver(options: Clair4WebhookOptions, { env, isBatched }: TransportContext): Transport {
  if (isBatched)
    throw new ClairError('config-invalid', 'notifier.digest cannot be combined with notifier.clair4');
  const callback = callbackOf('notifier.clair4.callback', options.callback);
  const headers = headersOf(options.headers);
  const { pskkey } = options;
  const key = pskkey === '' ? undefined : parseSigningKey('notifier.clair4.pskkey', pskkey);
  const target = postTargetOf('notifier.clair4', options, env);
  return {
    name: 'clair4',
    wants: affectsManifest,
    isPerUpdate: true,
    async deliver(notification, signal) {
      signal.throwIfAborted();
      if (!(await affectsManifest(notification))) return;
      const body = callbackMessage(callback, notification);
      const token = key && signToken(claimsAt(Math.floor(Date.now() / 1000)), key);
      const sent: PostRequest['headers'] = [
        ['Content-Type', 'application/json'],
        ['Content-Length', String(Buffer.byteLength(body))],
        ...headers,
        ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]),
      ];
      await target.deliver({ headers: sent, body }, [200], signal);
    },
  };
}

/** Returns headers, each name once: the values of equal names are a list. RFC 9110 §5.3. */
function headersOf(text: string): PostRequest['headers'] {
  const headers = new Map<string, string>();
  for (const part of text === '' ? [] : text.split(',')) {
    const [name = '', value] = part.split(/=(.*)/s).map((word) => word.trim());
    if (value === undefined || !/^[\w-]+$/.test(name)) throw malformedHeaders();
    const decoded = decodedValue(value);
    const before = headers.get(name);
    headers.set(name, before === undefined ? decoded : `${before}, ${decoded}`);
  }
  return [...headers];
}

function decodedValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw malformedHeaders();
  }
}

function malformedHeaders(): ClairError {
  const form = 'must be a list like name=value,name=value, with commas of values as %2C';
  return new ClairError('config-invalid', `notifier.clair4.headers ${form}`);
}

/** Quay refuses a token that was issued in the future, also by a clock that is a little ahead. */
const issuedBeforeSeconds = 5;

/** How long before and after now a token is valid, as in Clair. */
const validSeconds = 60;

/** Returns the claims of a token for the receiver. Quay requires all three times. RFC 7519 §4.1. */
function claimsAt(now: number): object {
  return {
    iss: 'clair-notifier',
    iat: now - issuedBeforeSeconds,
    nbf: now - validSeconds,
    exp: now + validSeconds,
  };
}
