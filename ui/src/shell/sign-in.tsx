import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { reloadAll, useResource } from '../api/client.ts';
import { needsSignIn, sessionPath, signIn, signOut } from '../api/session.ts';
import type { Session } from '../api/types.ts';
import { texts } from '../texts.ts';

/** Ways to sign in. They appear above the view, whose data stays. */
export function SignIn(): JSX.Element | null {
  const { data: session } = useResource<Session>(sessionPath);
  const { token: takesTokens = true, oidc: hasProvider = false } = session?.signIn ?? {};
  const mustSignIn = session !== undefined && session.client === null && (takesTokens || hasProvider);
  if (!needsSignIn.value && !mustSignIn) return null;
  return (
    <section class="notice sign-in" aria-labelledby="sign-in-title">
      <h2 id="sign-in-title">{texts.signIn.title}</h2>
      <p>{explanationOf(session, takesTokens)}</p>
      {hasProvider && <ProviderLink />}
      {takesTokens && <TokenForm />}
    </section>
  );
}

function explanationOf(session: Session | undefined, takesTokens: boolean): string {
  if (typeof session?.client === 'string') return texts.signIn.expired;
  return takesTokens ? texts.signIn.explanation : texts.signIn.organization;
}

/** Leads to the provider of identities, which leads back to this view. The server answers it, so the router must not. */
function ProviderLink(): JSX.Element {
  const { pathname, search } = window.location;
  return (
    <a
      class="button"
      target="_self"
      href={`/api/v1/session/sign-in?to=${encodeURIComponent(pathname + search)}`}
    >
      {texts.signIn.provider}
    </a>
  );
}

/** A form for a token. */
function TokenForm(): JSX.Element {
  const token = useSignal('');
  const problem = useSignal('');
  const isBusy = useSignal(false);
  const submit = async (): Promise<void> => {
    isBusy.value = true;
    const result = await signIn(token.value.trim());
    isBusy.value = false;
    problem.value = result === 'signed-in' ? '' : texts.signIn[result];
    if (result !== 'signed-in') return;
    token.value = '';
    reloadAll();
  };
  return (
    <form
      aria-labelledby="sign-in-title"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label>
        <span>{texts.signIn.token}</span>
        <input
          type="password"
          autoComplete="current-password"
          required
          value={token.value}
          onInput={({ currentTarget }) => {
            token.value = currentTarget.value;
          }}
        />
      </label>
      <button type="submit" class="primary" disabled={isBusy.value}>
        {texts.signIn.submit}
      </button>
      {problem.value !== '' && (
        <p role="alert" class="bad">
          {problem.value}
        </p>
      )}
    </form>
  );
}

/** Who is signed in, with a button that ends the session. */
export function WhoAmI(): JSX.Element | null {
  const { data: session } = useResource<Session>(sessionPath);
  if (session?.client === undefined || session.client === null) return null;
  return (
    <button type="button" class="quiet who" title={texts.signIn.signOut} onClick={() => void signOut()}>
      <span class="who-name">{session.client}</span>
      <span aria-hidden="true">⎋</span>
      <span class="sr-only">{texts.signIn.signOut}</span>
    </button>
  );
}
