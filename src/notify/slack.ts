import { channelKind } from './channel-kind.ts';
import { slackMessage } from './slack-message.ts';

/** Posts notifications to a channel of Slack. */
export const slack = channelKind({
  name: 'slack',
  displayName: 'Slack',
  endpoint:
    'HTTPS URL of an incoming webhook of Slack. Each notification is posted once, as a message to its channel. If empty, nothing is posted to Slack.',
  payloadOf: slackMessage,
  // Every other status has a reason in the body (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
  isAccepted: (status) => status === 200,
});
