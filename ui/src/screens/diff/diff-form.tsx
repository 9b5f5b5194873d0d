import { type Signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { ImageField } from '../../components/image-field.tsx';
import { InputField } from '../../components/input-field.tsx';
import { hrefOf, navigate, place } from '../../router.ts';
import { texts } from '../../texts.ts';

const names = ['a', 'aAsOf', 'b', 'bAsOf'] as const;

type Fields = Readonly<Record<(typeof names)[number], Signal<string>>>;

/** Fields for two images and two dates. `fixedA` fills the first one. Another address fills them again. */
export function DiffForm({ fixedA = '' }: { readonly fixedA?: string }): JSX.Element {
  const { query } = place.value;
  return <Form key={names.map((name) => query.get(name) ?? '').join(' ')} fixedA={fixedA} />;
}

function Form({ fixedA }: { readonly fixedA: string }): JSX.Element {
  const { query } = place.value;
  const fields: Fields = {
    a: useSignal(query.get('a') ?? fixedA),
    aAsOf: useSignal(query.get('aAsOf') ?? ''),
    b: useSignal(query.get('b') ?? ''),
    bAsOf: useSignal(query.get('bAsOf') ?? ''),
  };
  return (
    <form
      class="card compared"
      onSubmit={(event) => {
        event.preventDefault();
        navigate(hrefOf('/diff', valuesOf(fields)));
      }}
    >
      <Side title={texts.diff.a} image={fields.a} day={fields.aAsOf} />
      <Side title={texts.diff.b} image={fields.b} day={fields.bAsOf} />
      <div class="toolbar wide">
        <span class="muted">{texts.diff.sameImage}</span>
        <span>
          {query.has('b') && (
            <a class="button quiet" href={hrefOf('/diff', swapped(query))}>
              {texts.diff.swap}
            </a>
          )}{' '}
          <button type="submit" class="primary">
            {texts.diff.compare}
          </button>
        </span>
      </div>
    </form>
  );
}

interface SideProps {
  readonly title: string;
  readonly image: Signal<string>;
  readonly day: Signal<string>;
}

function Side({ title, image, day }: SideProps): JSX.Element {
  return (
    <fieldset>
      <legend>{title}</legend>
      <ImageField label={texts.diff.image} value={image} placeholder={texts.diff.placeholder} />
      <InputField label={texts.diff.asOf} value={day} kind="date" />
    </fieldset>
  );
}

function valuesOf(fields: Fields): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, fields[name].value.trim()]));
}

function swapped(query: URLSearchParams): Record<string, string | undefined> {
  const named = (name: string): string | undefined => query.get(name) ?? undefined;
  return { a: named('b'), aAsOf: named('bAsOf'), b: named('a'), bAsOf: named('aAsOf') };
}
