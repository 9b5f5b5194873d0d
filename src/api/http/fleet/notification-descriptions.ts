import { notificationStates } from '../../../store/notification-store.ts';
import type { Schema } from '../go-schema.ts';
import { describedList, type RouteDescription } from '../openapi.ts';
import { eventSchema } from './knowledge-descriptions.ts';

const text: Schema = { type: 'string' };
const nullableText: Schema = { type: ['string', 'null'] };

const notification: Schema = {
  type: 'object',
  properties: {
    name: text,
    state: { enum: [...notificationStates] },
    namespace: nullableText,
    createdAt: text,
    notifiedAt: nullableText,
    dueAt: nullableText,
    deletedAt: nullableText,
    event: { ...eventSchema, type: ['object', 'null'] },
  },
};

/** Description of `GET /api/v1/notifications` for the OpenAPI document. */
export const notificationsDescription: RouteDescription = describedList({
  name: 'notifications',
  summary: 'Lists the notifications of receivers with their state, those of the newest events first.',
  query: {
    state: { type: 'string', summary: '`due`, `delivered`, `acknowledged` or `skipped`.' },
  },
  row: notification,
});

/** Description of `POST /api/v1/notifications/:name/resend` for the OpenAPI document. */
export const resendDescription: RouteDescription = {
  summary: 'Makes a notification due now. It is delivered to all receivers again.',
  responseType: notification,
  status: 202,
  hasProblems: true,
  errorStatuses: [404, 409, 503],
};
