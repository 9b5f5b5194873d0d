import { channelKind } from './channel-kind.ts';
import { teamsMessage } from './teams-card.ts';

/** Posts notifications as Adaptive Cards to a channel of Microsoft Teams. */
export const teams = channelKind({
  name: 'teams',
  displayName: 'Microsoft Teams',
  endpoint:
    'HTTPS URL of a webhook that Workflows of Microsoft Teams has created for a channel. Each notification is posted once, as a card. If empty, nothing is posted to Teams.',
  payloadOf: teamsMessage,
  // A workflow that was started answers 202.
  isAccepted: (status) => status >= 200 && status <= 299,
});
