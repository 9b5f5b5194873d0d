/** Replaces a secret in all text that is shown, logged or stored. */
export const redacted = '(secret)';

/** Shorter secrets are not searched for. To mask `abc` everywhere would destroy the text and protect little. */
const lengthMin = 4;

/** Credentials recognized by their context. The first group is kept. */
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

/** Masks the credentials in text that can be recognized by their form. */
export function redact(text: string): string {
  let redactedText = text;
  for (const pattern of patterns) redactedText = redactedText.replace(pattern, `$1${redacted}`);
  return redactedText;
}

/** Masks like `redact`. In a URL it also masks everything after the question mark, since parameters with secrets may have any name. */
export function redactUrl(text: string): string {
  return redact(text).replace(/^(\w[\w+.-]*:\/\/[^?#]*\?)[^#]+/, `$1${redacted}`);
}

/** Returns a function that masks these secrets in text, as they are and as JSON and URLs encode them. It also masks like `redact`. */
export function redactorOf(secrets: readonly string[]): (text: string) => string {
  const spellings = secrets
    .filter((secret) => secret.length >= lengthMin)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  if (spellings.length === 0) return redact;
  // A secret that begins with another one must be masked as a whole.
  const longestFirst = [...new Set(spellings)].sort((a, b) => b.length - a.length);
  const literal = new RegExp(
    longestFirst.map((spelling) => spelling.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'),
    'g',
  );
  return (text) => redact(text.replace(literal, redacted));
}
