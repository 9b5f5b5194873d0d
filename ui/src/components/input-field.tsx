import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { texts } from '../texts.ts';

interface InputFieldProps {
  readonly label: string;
  readonly value: Signal<string>;
  readonly kind?: 'text' | 'date';
  readonly placeholder?: string;
  readonly isRequired?: boolean;
}

/** A field of a form that is sent as a whole. */
export function InputField(props: InputFieldProps): JSX.Element {
  const { label, value, kind = 'text', placeholder = '', isRequired = false } = props;
  const id = useId();
  const shared = {
    id,
    required: isRequired,
    value: value.value,
    onInput: ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => {
      value.value = currentTarget.value;
    },
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {kind === 'date' ? (
        <>
          <input type="date" {...shared} />
          {/* Browsers show a date in the order of their own language. */}
          {value.value !== '' && <span class="chosen-day">{texts.asOf.day(value.value)}</span>}
        </>
      ) : (
        <input type="text" maxLength={1000} placeholder={placeholder} {...shared} />
      )}
    </div>
  );
}
