import { signal } from '@preact/signals';

/** Whether the server has refused a request for want of a session. */
export const needsSignIn = signal(false);

/** The result of a sign-in: `refused` if the server does not accept the token. */
export type SignInResult = 'signed-in' | 'refused' | 'unreachable';

/** Path of the session, which says who the user is. */
export const sessionPath = '/session';

/** Signs in with a token. The server returns a cookie that scripts cannot read, so the token is not kept. */
export async function signIn(token: string): Promise<SignInResult> {
  try {
    const response = await fetch('/api/v1/session', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    if (!response.ok) return response.status >= 500 ? 'unreachable' : 'refused';
  } catch {
    return 'unreachable';
  }
  needsSignIn.value = false;
  return 'signed-in';
}

/** Ends the session of this browser. */
export async function signOut(): Promise<void> {
  await fetch('/api/v1/session', { method: 'DELETE' }).catch(() => undefined);
  window.location.assign('/');
}
