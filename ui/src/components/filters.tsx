import type { ComponentChildren, JSX } from 'preact';
import { hrefWith, navigate, place, type QueryChanges } from '../router.ts';
import { texts } from '../texts.ts';

/** Parameters of pages, which no longer hold when a filter changes. */
const firstPage: QueryChanges = { after: undefined, from: undefined };

interface FilterBarProps {
  /** The parameters of the fields. */
  readonly names: readonly string[];
  readonly children: ComponentChildren;
}

/** Fields that filter a list. Each change goes into the address. */
export function FilterBar({ names, children }: FilterBarProps): JSX.Element {
  const { query } = place.value;
  const isFiltered = names.some((name) => query.has(name));
  const cleared = Object.fromEntries(names.map((name) => [name, undefined]));
  return (
    <form
      class="filters"
      role="search"
      aria-label={texts.filters.title}
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      {children}
      {isFiltered && (
        <a class="button quiet" href={hrefWith({ ...cleared, ...firstPage })}>
          {texts.states.clearFilters}
        </a>
      )}
    </form>
  );
}

function change(name: string, value: string | undefined): void {
  navigate(hrefWith({ ...firstPage, [name]: value }), { replaces: true });
}

interface FieldProps {
  /** Name of the parameter. */
  readonly name: string;
  readonly label: string;
}

/** A filter by text. It applies with Enter, or when the focus leaves it. */
export function TextField({
  name,
  label,
  placeholder,
  hint,
}: FieldProps & { readonly placeholder?: string; readonly hint?: string }): JSX.Element {
  return (
    <label class="field" {...(hint !== undefined && { title: hint })}>
      <span>{label}</span>
      <input
        type="search"
        maxLength={500}
        {...(placeholder !== undefined && { placeholder })}
        value={place.value.query.get(name) ?? ''}
        onChange={({ currentTarget }) => {
          change(name, currentTarget.value.trim());
        }}
      />
    </label>
  );
}

interface SelectFieldProps extends FieldProps {
  readonly options: readonly (readonly [value: string, text: string])[];
  /** Text of the choice without a filter. */
  readonly anyText?: string;
}

/** A filter by one of several values. */
export function SelectField({ name, label, options, anyText }: SelectFieldProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={place.value.query.get(name) ?? ''}
        onChange={({ currentTarget }) => {
          change(name, currentTarget.value);
        }}
      >
        <option value="">{anyText ?? texts.filters.any}</option>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A filter that is on or off. */
export function CheckField({ name, label }: FieldProps): JSX.Element {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={place.value.query.get(name) === 'true'}
        onChange={({ currentTarget }) => {
          change(name, currentTarget.checked ? 'true' : undefined);
        }}
      />
      <span>{label}</span>
    </label>
  );
}
