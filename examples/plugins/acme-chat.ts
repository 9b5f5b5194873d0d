import type { Plugin } from 'clair-ts/plugin';

/** Tells a chat room of what becomes known, as Slack and its like take it: POST {"text": "…"} to the URL in ACME_CHAT_URL. */
export const plugin: Plugin = {
  name: 'acme-chat',
  version: '1.0.0',
  transports: [
    {
      name: 'acme-chat',
      async deliver(notice, signal) {
        const { kind, namespace, images, hasMoreImages, ...sides } = await notice.content();
        const vulnerability = sides.new ?? sides.old;
        const names = images.flatMap((image) => image.names).join(', ') + (hasMoreImages ? ' …' : '');
        const where = names === '' ? 'no image has it' : `in ${names}`;
        const text = `${kind}: ${vulnerability?.id} (${vulnerability?.severity}) in ${namespace}: ${where}`;
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
