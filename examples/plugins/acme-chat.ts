import type {
  BatchNotificationContent,
  ChangeNotificationContent,
  Plugin,
  VulnerabilityChange,
} from 'clair-ts/plugin';

/** Tells a chat room of what becomes known, as Slack and its like take it: POST {"text": "…"} to the URL in ACME_CHAT_URL. */
export const plugin: Plugin = {
  name: 'acme-chat',
  version: '1.0.0',
  transports: [
    {
      name: 'acme-chat',
      async deliver(notice, signal) {
        // A notice comes again until a client says that it was heard; people in a room need not read it twice.
        if (notice.previouslyDeliveredAt !== undefined) return;
        const text =
          notice.kind === 'digest' ? ofDigest(await notice.content()) : ofChange(await notice.content());
        const answer = await fetch(process.env['ACME_CHAT_URL'] ?? '', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ text }),
          signal,
        });
        if (!answer.ok) throw new Error(`the chat answered ${answer.status}`);
      },
    },
  ],
};

function ofChange({ images, hasMoreImages, ...change }: ChangeNotificationContent): string {
  const names = images.flatMap((image) => image.names).join(', ') + (hasMoreImages ? ' …' : '');
  return `${shown(change)}: ${names === '' ? 'no image has it' : `in ${names}`}`;
}

/** Where `notifier.digest` has all that concerns an image told at once. */
function ofDigest({ image, changes }: BatchNotificationContent): string {
  return `${image.names.join(', ')}: ${changes.map(shown).join('; ')}`;
}

function shown({ kind, namespace, ...sides }: VulnerabilityChange): string {
  const vulnerability = sides.new ?? sides.old;
  return `${kind}: ${vulnerability?.id} (${vulnerability?.severity}) in ${namespace}`;
}
