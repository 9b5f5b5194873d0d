import { ClairError } from '../kit/errors.ts';
import { secret, type ValuesOf } from '../kit/setting.ts';
import type { Notice, Transport } from '../plugin/transport.ts';
import { receiverOf, receiverSettings } from './post.ts';
import { type TransportKind, type TransportPlace, transportKind } from './transport-kind.ts';

/** A service with channels for people, each of which has a URL to post to. */
export interface ChannelService {
  /** The name of the kind, and of its settings below `notifier`. */
  readonly name: string;
  /** What messages call the service. */
  readonly called: string;
  /** What the reference says of the URL. */
  readonly endpoint: string;
  /** What is posted of a notice. */
  readonly messageOf: (notice: Notice) => Promise<object>;
  /** Whether the status of an answer says that it was taken. */
  readonly isTaken: (status: number) => boolean;
}

/** Where to tell, and how it is reached; empty where it is not set. */
export type ChannelOptions = ValuesOf<ReturnType<typeof settingsOf>>;

/**
 * A kind that posts notices as JSON to a channel of a service, each once: people need not be told again until they say that they
 * heard it.
 */
export function channelKind(service: ChannelService): TransportKind {
  return transportKind({
    name: service.name,
    readBy: 'people',
    settings: settingsOf(service),
    open: (options, place) => (options.endpoint === '' ? undefined : toChannel(service, options, place)),
  });
}

function settingsOf({ endpoint }: ChannelService) {
  // Whoever has the URL may post: it is a secret, and never shown.
  return { endpoint: secret(endpoint), ...receiverSettings } as const;
}

function toChannel(
  { name, called, messageOf, isTaken }: ChannelService,
  options: ChannelOptions,
  { env }: TransportPlace,
): Transport {
  const section = `notifier.${name}`;
  const { endpoint, post } = receiverOf(section, options, env);
  if (endpoint.protocol !== 'https:')
    throw new ClairError('config-invalid', `${section}.endpoint takes a URL with https`);
  return {
    name,
    async deliver(notice, signal) {
      if (notice.toldAt !== undefined) return;
      const body = JSON.stringify(await messageOf(notice));
      const headers = [
        ['Content-Type', 'application/json'],
        ['Content-Length', Buffer.byteLength(body)],
      ] as const;
      const status = await post({ headers, body }, signal).catch((error: unknown) => {
        // Neither the message nor the error itself goes further: they may have the URL in them.
        throw new ClairError('delivery-failed', `${called} was not reached${codeOf(error)}`);
      });
      // What an answer says besides is not shown.
      if (!isTaken(status)) throw new ClairError('delivery-failed', `${called} answered ${status}`);
    },
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? `: ${String(error.code)}` : '';
}
