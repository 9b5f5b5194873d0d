/** Replaces a secret wherever text is shown, logged or stored. */
export const redacted = '(secret)';

/** Shorter secrets are not searched for in text: masking `abc` everywhere would destroy the text and protect little. */
const lengthMin = 4;

/** Credentials that are recognised by where they stand, with what may be kept before them. */
const patterns: readonly RegExp[] = [
  // User and password of a URL.
  /(:\/\/)[^\s/?#"']+(?=@)/g,
  // Parameters of URLs that hold credentials.
  /([?&](?:access_token|api[-_]?key|auth|key|password|secret|sig|signature|token|x-amz-[a-z-]+)=)[^\s&#"']+/gi,
  // Keywords of connection strings.
  /(\bpassword\s*=\s*)(?:'(?:\\.|[^'\\])*'|[^\s&'"]+)/gi,
  // Headers of requests.
  /(\bauthorization["']?\s*[:=]\s*["']?(?:(?:basic|bearer) +)?)[^\s"',}]+/gi,
];

/** Text without the credentials that can be recognised by their form. */
export function redact(text: string): string {
  let redactedText = text;
  for (const pattern of patterns) redactedText = redactedText.replace(pattern, `$1${redacted}`);
  return redactedText;
}

/** As `redact`, of a text that is a URL also all that follows a question mark: parameters with secrets may have any name. */
export function redactUrl(text: string): string {
  return redact(text).replace(/^(\w[\w+.-]*:\/\/[^?#]*\?)[^#]+/, `$1${redacted}`);
}

/** A function that masks these secrets in text, as they are and as JSON and URLs spell them, besides what `redact` masks. */
export function redactorOf(secrets: readonly string[]): (text: string) => string {
  const spellings = secrets
    .filter((secret) => secret.length >= lengthMin)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  if (spellings.length === 0) return redact;
  // A secret that begins with another one is masked as a whole.
  const longestFirst = [...new Set(spellings)].sort((a, b) => b.length - a.length);
  const literal = new RegExp(
    longestFirst.map((spelling) => spelling.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'),
    'g',
  );
  return (text) => redact(text.replace(literal, redacted));
}
