import { channelKind } from './channel-kind.ts';
import { teamsMessage } from './teams-card.ts';

/** Posts notifications as Adaptive Cards to a channel of Microsoft Teams. */
export const teams = channelKind({
  name: 'teams',
  displayName: 'Microsoft Teams',
  endpoint:
    'URL with https that Workflows of Microsoft Teams gives out for a channel: notifications are posted to it as cards, each once. Nobody is told there where it is empty.',
  payloadOf: teamsMessage,
  // A workflow is begun and answers 202.
  isAccepted: (status) => status >= 200 && status <= 299,
});
