/** The texts that `parseMoment` reads, for messages. */
export const momentForms = 'a day such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z';

const dayForm = /^\d{4}-\d\d-\d\d$/;
const timeForm = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Returns the time that a text names: a day, or an ISO 8601 time with its zone. A day means its end in UTC, so that it includes all changes
 * of that day. The day of `now` means `now` itself. Undefined for other texts.
 */
export function parseMoment(text: string, now: Date): Date | undefined {
  if (dayForm.test(text)) {
    if (!isDay(text)) return undefined;
    return now.toISOString().startsWith(text) ? now : new Date(`${text}T23:59:59.999Z`);
  }
  const day = timeForm.exec(text)?.[1];
  const moment = new Date(text);
  return day !== undefined && isDay(day) && !Number.isNaN(moment.getTime()) ? moment : undefined;
}

/** Whether a day exists. JavaScript reads 30 February as 2 March. */
function isDay(day: string): boolean {
  const start = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(day);
}
