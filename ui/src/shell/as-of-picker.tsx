import type { JSX } from 'preact';
import { formatDay } from '../format.ts';
import { asOf, hrefWith, navigate } from '../router.ts';
import { texts } from '../texts.ts';

/** The date whose knowledge is shown. It is part of the address. */
export function AsOfPicker(): JSX.Element {
  const today = formatDay(new Date().toISOString());
  return (
    <label class="as-of-picker">
      <span>{texts.asOf.label}</span>
      <input
        type="date"
        max={today}
        value={asOf.value ?? ''}
        onChange={({ currentTarget: { value } }) => {
          const isNow = value === '' || value >= today;
          navigate(hrefWith({ asOf: isNow ? undefined : value, after: undefined }));
        }}
      />
    </label>
  );
}

/** Returns the time that the API gets for the chosen date: its end in UTC. */
export function asOfTime(): string | undefined {
  return asOf.value === undefined ? undefined : `${asOf.value}T23:59:59Z`;
}
