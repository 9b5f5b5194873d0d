import type { JSX } from 'preact';
import { Heading, NotAvailable } from '../components/states.tsx';

/** An area for which this server has no data. */
export function UnavailableScreen({ title }: { readonly title: string }): JSX.Element {
  return (
    <>
      <Heading title={title} />
      <NotAvailable />
    </>
  );
}
