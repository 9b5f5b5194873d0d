import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { reloadAll, useResource } from '../api/client.ts';
import { needsSignIn, sessionPath, signIn, signOut } from '../api/session.ts';
import type { Session } from '../api/types.ts';
import { texts } from '../texts.ts';

/** A form for a token. It appears above the view, whose data stays. */
export function SignIn(): JSX.Element | null {
  const { data: session } = useResource<Session>(sessionPath);
  const token = useSignal('');
  const problem = useSignal('');
  const isBusy = useSignal(false);
  const mustSignIn = session !== undefined && session.client === null && session.signIn.token;
  if (!needsSignIn.value && !mustSignIn) return null;
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
      class="notice sign-in"
      aria-labelledby="sign-in-title"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h2 id="sign-in-title">{texts.signIn.title}</h2>
      <p>
        {session?.client === undefined || session.client === null
          ? texts.signIn.explanation
          : texts.signIn.expired}
      </p>
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
