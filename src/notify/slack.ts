import { channelKind } from './channel-kind.ts';
import { slackMessage } from './slack-message.ts';

/** Posts notifications to a channel of Slack. */
export const slack = channelKind({
  name: 'slack',
  displayName: 'Slack',
  endpoint:
    'URL with https of an incoming webhook of Slack: notifications are posted to its channel as messages, each once. Nobody is told there where it is empty.',
  payloadOf: slackMessage,
  // With any other comes a word for why (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
  isAccepted: (status) => status === 200,
});
