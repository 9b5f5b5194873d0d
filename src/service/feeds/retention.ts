import type { RetentionTerms } from '../../store/maintenance.ts';

const dayMs = 24 * 3_600_000;

/** Default retention times, in milliseconds. */
export const defaultRetention: RetentionTerms = {
  keepHistoryMs: 90 * dayMs,
  keepEventsMs: 30 * dayMs,
  keepLayersUnusedMs: 90 * dayMs,
};
