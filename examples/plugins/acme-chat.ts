import type {
  BatchNotificationContent,
  ChangeNotificationContent,
  Plugin,
  VulnerabilityChange,
} from 'clair-ts/plugin';

/** Posts changes to a chat service such as Slack: POST {"text": "…"} to the URL in ACME_CHAT_URL. */
export const plugin: Plugin = {
  name: 'acme-chat',
  version: '1.0.0',
  transports: [
    {
      name: 'acme-chat',
      async deliver(notification, signal) {
        // Skips a redelivery: people need not read a message twice.
        if (notification.previouslyDeliveredAt !== undefined) return;
        const text =
          notification.kind === 'digest'
            ? ofBatch(await notification.content())
            : ofChange(await notification.content());
        const response = await fetch(process.env['ACME_CHAT_URL'] ?? '', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ text }),
          signal,
        });
        if (!response.ok) throw new Error(`the chat service returned ${response.status}`);
      },
    },
  ],
};

function ofChange({ images, hasMoreImages, ...change }: ChangeNotificationContent): string {
  const names = images.flatMap((image) => image.names).join(', ') + (hasMoreImages ? ' …' : '');
  return `${shown(change)}: ${names === '' ? 'no image is affected' : `in ${names}`}`;
}

/** Renders all changes of an image in one message, if `notifier.digest` is set. */
function ofBatch({ image, changes }: BatchNotificationContent): string {
  return `${image.names.join(', ')}: ${changes.map(shown).join('; ')}`;
}

function shown({ kind, namespace, ...sides }: VulnerabilityChange): string {
  const vulnerability = sides.new ?? sides.old;
  return `${kind}: ${vulnerability?.id} (${vulnerability?.severity}) in ${namespace}`;
}
