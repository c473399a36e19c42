/** What stands for a secret. */
const hidden = '•••';

/** Names of fields whose values are secrets. */
const secretName = /(token|passw|passphrase|secret|authorization|cookie|credential|api[-_]?key)/i;

/**
 * A text without passwords and keys: user names and passwords of addresses, values of parameters and of headers that hold keys.
 * What writes a log must not hand secrets to it in the first place; this catches what an error message of another program repeats.
 */
export function withoutSecrets(text: string): string {
  return text
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]+@/gi, `$1${hidden}@`)
    .replace(
      /([?&#;]|\b)([\w-]*(?:token|passw(?:or)?d|passphrase|secret|signature|api[-_]?key|access[-_]?key)[\w-]*)(["']?\s*[=:]\s*["']?)[^\s&"';,]+/gi,
      `$1$2$3${hidden}`,
    )
    .replace(/\b(authorization|cookie)(["']?\s*[=:]\s*["']?).+/gi, `$1$2${hidden}`)
    .replace(/\b(bearer|basic)\s+[\w+/=.~-]{8,}/gi, `$1 ${hidden}`);
}

/** The same for a value of any shape; fields with the name of a secret have none. */
export function valueWithoutSecrets(value: unknown, depth = 6): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.map((item) => valueWithoutSecrets(item, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      secretName.test(name) ? hidden : valueWithoutSecrets(item, depth - 1),
    ]),
  );
}
