/** Credentials for a registry. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token of OAuth 2, exchanged at the token endpoint. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** Sent to the registry unchanged. */
  | { readonly kind: 'registry-token'; readonly token: string };
