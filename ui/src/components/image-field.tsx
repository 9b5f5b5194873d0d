import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { pathOf, useResource } from '../api/client.ts';
import type { ImageList } from '../api/types.ts';
import { useTypedText } from './typed-text.ts';

/** Shorter texts match nearly all names. */
const charactersMin = 2;
const suggestionsMax = '10';

interface ImageFieldProps {
  readonly label: string;
  readonly value: Signal<string>;
  readonly placeholder: string;
}

/** A field for the name or the digest of an image. While one types, it suggests names of the server. */
export function ImageField({ label, value, placeholder }: ImageFieldProps): JSX.Element {
  const id = useId();
  const text = useTypedText(value.value);
  const isLong = text.length >= charactersMin;
  const { data } = useResource<ImageList>(
    isLong ? pathOf('/images', { q: text, sort: 'seen', limit: suggestionsMax }) : undefined,
  );
  const names = isLong ? (data?.images ?? []).flatMap((image) => image.names.map(({ name }) => name)) : [];
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        type="text"
        id={id}
        list={`${id}-names`}
        autoComplete="off"
        class="long"
        maxLength={1000}
        required
        placeholder={placeholder}
        value={value.value}
        onInput={({ currentTarget }) => {
          value.value = currentTarget.value;
        }}
      />
      <datalist id={`${id}-names`}>
        {[...new Set(names)].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </div>
  );
}
