import { ClairError } from '../kit/errors.ts';
import { secret, type ValuesOf } from '../kit/setting.ts';
import type { Transport } from '../plugin/transport.ts';
import { receiverOf, receiverSettings } from './post.ts';
import { slackMessage } from './slack-message.ts';
import { type TransportPlace, transportKind } from './transport-kind.ts';

const settings = {
  // Whoever has the URL may post: it is a secret, and never shown.
  endpoint: secret(
    'URL with https of an incoming webhook of Slack: notifications are posted to its channel as messages, each once. Nobody is told there where it is empty.',
  ),
  ...receiverSettings,
} as const;

/** Where to tell, and how it is reached. */
export type SlackOptions = ValuesOf<typeof settings>;

/** Posts notifications to a channel of Slack, each once: people need not be told again until they say that they heard it. */
export const slack = transportKind({
  name: 'slack',
  readBy: 'people',
  settings,
  open: (options, place) => (options.endpoint === '' ? undefined : toChannel(options, place)),
});

function toChannel(options: SlackOptions, { env }: TransportPlace): Transport {
  const { endpoint, post } = receiverOf('notifier.slack', options, env);
  if (endpoint.protocol !== 'https:')
    throw new ClairError('config-invalid', 'notifier.slack.endpoint takes a URL with https');
  return {
    name: 'slack',
    async deliver(notice, signal) {
      if (notice.toldAt !== undefined) return;
      const body = JSON.stringify(await slackMessage(notice));
      const headers = [
        ['Content-Type', 'application/json'],
        ['Content-Length', Buffer.byteLength(body)],
      ] as const;
      const status = await post({ headers, body }, signal).catch((error: unknown) => {
        // Neither the message nor the error itself goes further: they may have the URL in them.
        throw new ClairError('delivery-failed', `Slack was not reached${codeOf(error)}`);
      });
      // With any other comes a word for why (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks), which is not shown.
      if (status !== 200) throw new ClairError('delivery-failed', `Slack answered ${status}`);
    },
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? `: ${String(error.code)}` : '';
}
