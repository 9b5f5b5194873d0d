import { ClairError } from '../kit/errors.ts';
import { limits } from '../kit/limits.ts';
import type { Transport } from '../plugin/transport.ts';
import { receiverOf, statusOf } from './post.ts';
import { teamsMessage } from './teams-card.ts';

/** Where to tell, and how it is reached; empty where it is not set. */
export interface TeamsOptions {
  /** The URL that Workflows of Teams gives out for a channel. Whoever has it may post: it is a secret, and never shown. */
  readonly endpoint: string;
  readonly cafile: string;
  readonly proxy: string;
}

/**
 * Posts notifications as Adaptive Cards to a channel of Microsoft Teams, each once: people need not be told again until they say that
 * they heard it. Throws `config-invalid`.
 */
export function teams(options: TeamsOptions, env: NodeJS.ProcessEnv): Transport {
  const others = { servername: '', certfile: '', keyfile: '' };
  const { endpoint, open } = receiverOf('notifier.teams', { ...options, ...others }, env);
  if (endpoint.protocol !== 'https:')
    throw new ClairError('config-invalid', 'notifier.teams.endpoint takes a URL with https');
  return {
    name: 'teams',
    async deliver(notice, signal) {
      if (notice.toldAt !== undefined) return;
      const body = JSON.stringify(await teamsMessage(notice));
      const request = open(AbortSignal.any([signal, AbortSignal.timeout(limits.deliveryMs)]));
      request.setHeader('Content-Type', 'application/json');
      request.setHeader('Content-Length', Buffer.byteLength(body));
      const status = await statusOf(request, body).catch((error: unknown) => {
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
