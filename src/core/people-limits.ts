const MiB = 1024 * 1024;

/** The limits on the sign-in of people, by browsers and by providers of identities, and on mails to people. They are a part of `limits`. */
export const peopleLimits = {
  /** Time for one request to a provider of identities. */
  providerMs: 10_000,
  /** Size of one answer of a provider. Documents, keys and tokens of real ones have some kilobytes. */
  providerAnswerBytes: 1 * MiB,
  /** Time for which the description of a provider is used. */
  providerDescriptionMs: 3_600_000,
  /** Time for a person to sign in at the provider. */
  signInMs: 600_000,
  /** Size of a request with the token of a session. Tokens that `clair config token` makes have 43 characters. */
  sessionBodyBytes: 4096,
  /** Length of a cookie with its name. Browsers drop longer ones without a word. */
  cookieBytes: 4096,
  /** Length of the path that a browser returns to after the sign-in. */
  returnPathCharacters: 1500,
  /** Size of each of the two parts of a mail. Mail programs cut longer ones: Gmail at 102 KB. */
  mailPartBytes: 64 * 1024,
  /** Time for each step of a mail server: to accept a connection, to greet, to answer. */
  mailStepMs: 10_000,
  /** Mails of which the server has accepted some recipients, whose names are remembered. */
  mailsPartlySent: 1000,
  /** Changes of advisories of one digest that are counted. Large feeds change some thousands a day. */
  digestEvents: 50_000,
  /** New images of one digest that are counted. */
  digestImages: 20_000,
  /** Days of which one digest lists the changes by cause. More than one only if mails were late. */
  digestDays: 7,
  /** Vulnerabilities, and sources that are not current, that one digest lists. */
  digestRows: 20,
  /** Claim values of a person that a message about a refused sign-in shows. */
  shownClaimValues: 20,
} as const;
