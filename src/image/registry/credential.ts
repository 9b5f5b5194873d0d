/** What a registry knows somebody by. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** Exchanged for others at the token endpoint, as a refresh token of OAuth 2. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** Shown to the registry as it is. */
  | { readonly kind: 'registry-token'; readonly token: string };
