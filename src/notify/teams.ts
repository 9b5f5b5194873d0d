import { ClairError } from '../kit/errors.ts';
import { secret, type ValuesOf } from '../kit/setting.ts';
import type { Transport } from '../plugin/transport.ts';
import { receiverOf, receiverSettings } from './post.ts';
import { teamsMessage } from './teams-card.ts';
import { type TransportPlace, transportKind } from './transport-kind.ts';

const settings = {
  // Whoever has the URL may post: it is a secret, and never shown.
  endpoint: secret(
    'URL with https that Workflows of Microsoft Teams gives out for a channel: notifications are posted to it as cards, each once. Nobody is told there where it is empty.',
  ),
  ...receiverSettings,
} as const;

/** Where to tell, and how it is reached. */
export type TeamsOptions = ValuesOf<typeof settings>;

/**
 * Posts notifications as Adaptive Cards to a channel of Microsoft Teams, each once: people need not be told again until they say that
 * they heard it.
 */
export const teams = transportKind({
  name: 'teams',
  readBy: 'people',
  settings,
  open: (options, place) => (options.endpoint === '' ? undefined : toChannel(options, place)),
});

function toChannel(options: TeamsOptions, { env }: TransportPlace): Transport {
  const { endpoint, post } = receiverOf('notifier.teams', options, env);
  if (endpoint.protocol !== 'https:')
    throw new ClairError('config-invalid', 'notifier.teams.endpoint takes a URL with https');
  return {
    name: 'teams',
    async deliver(notice, signal) {
      if (notice.toldAt !== undefined) return;
      const body = JSON.stringify(await teamsMessage(notice));
      const headers = [
        ['Content-Type', 'application/json'],
        ['Content-Length', Buffer.byteLength(body)],
      ] as const;
      const status = await post({ headers, body }, signal).catch((error: unknown) => {
        // Neither the message nor the error itself goes further: they may have the URL in them.
        throw new ClairError('delivery-failed', `Microsoft Teams was not reached${codeOf(error)}`);
      });
      // A workflow is begun and answers 202.
      if (status < 200 || status > 299)
        throw new ClairError('delivery-failed', `Microsoft Teams answered ${status}`);
    },
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? `: ${String(error.code)}` : '';
}
