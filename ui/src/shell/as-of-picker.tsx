import type { JSX } from 'preact';
import { endOfDay, formatDay } from '../format.ts';
import { asOf, hrefWith, navigate, place } from '../router.ts';
import { texts } from '../texts.ts';

/** Before it, no server has data. */
const firstDay = '2000-01-01';

/** The date whose knowledge is shown. It is part of the address. */
export function AsOfPicker(): JSX.Element {
  const today = formatDay(new Date().toISOString());
  // A date that is chosen can be removed everywhere.
  const isIgnored = asOf.value === undefined && asOfReach(place.value.path) === 'none';
  return (
    <label class="as-of-picker" {...(isIgnored && { title: texts.asOf.ignored })}>
      <span>{texts.asOf.label}</span>
      <input
        type="date"
        disabled={isIgnored}
        min={firstDay}
        max={today}
        value={asOf.value ?? ''}
        onChange={({ currentTarget: { value, validity } }) => {
          // While a year is typed, each digit makes another date.
          if (!validity.valid) return;
          const isNow = value === '' || value >= today;
          navigate(hrefWith({ asOf: isNow ? undefined : value, after: undefined }));
        }}
      />
    </label>
  );
}

/** How much of a view follows the date. */
export function asOfReach(path: string): 'all' | 'part' | 'none' {
  const [area, id] = path.split('/').slice(1);
  if (area === 'diff' || (area === 'images' && id !== undefined)) return 'all';
  return area === 'advisories' && id !== undefined ? 'part' : 'none';
}

/** Returns the time that the API gets for the chosen date: its end in UTC. */
export function asOfTime(): string | undefined {
  return asOf.value === undefined ? undefined : endOfDay(asOf.value, Date.now());
}
