const dateForm = new Intl.DateTimeFormat('en-CA', {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  timeZone: 'UTC',
});
const timeForm = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });
const numberForm = new Intl.NumberFormat('en');
const ageForm = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Returns a day in UTC: `2026-11-29`. The text itself if it is no time. */
export function formatDay(iso: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : dateForm.format(time);
}

/** Returns the end of a day in UTC, as the API takes it. Undefined for today, which has not ended: what is known of it is what is known now. */
export function endOfDay(day: string, now: number): string | undefined {
  return day === dateForm.format(now) ? undefined : `${day}T23:59:59Z`;
}

/** Returns a day and a time in UTC: `2026-11-29 07:15 UTC`. */
export function formatTime(iso: string | number): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? String(iso) : `${dateForm.format(time)} ${timeForm.format(time)} UTC`;
}

/** Returns how long ago a time was, by the clock of the server: `3 days ago`. */
export function formatAge(iso: string, now: number): string {
  const ms = now - Date.parse(iso);
  if (Number.isNaN(ms)) return iso;
  if (ms < minuteMs) return 'now';
  if (ms < hourMs) return ageForm.format(-Math.floor(ms / minuteMs), 'minute');
  if (ms < dayMs) return ageForm.format(-Math.floor(ms / hourMs), 'hour');
  if (ms < 60 * dayMs) return ageForm.format(-Math.floor(ms / dayMs), 'day');
  return ageForm.format(-Math.floor(ms / (30.4 * dayMs)), 'month');
}

/** Returns a number with separators of thousands. */
export function formatNumber(value: number): string {
  return numberForm.format(value);
}

/** Returns a difference with its sign: `+1,234`. */
export function formatSigned(value: number): string {
  return value < 0 ? `−${formatNumber(-value)}` : `+${formatNumber(value)}`;
}

/** Returns a share of one as a percentage: `34.0%`. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.001 ? 2 : 1)}%`;
}

/** Returns a size: `29.1 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Returns the first twelve digits of a digest, as other tools show it. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

/** Returns the day on which an image was made. Reproducible builds write 1970 or earlier, which says nothing. */
export function formatCreated(iso: string | null | undefined): string | undefined {
  return iso === null || iso === undefined || iso < '1980' ? undefined : formatDay(iso);
}
