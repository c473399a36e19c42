/**
 * The first key that an object of a JSON text has twice, anywhere in it. `JSON.parse` takes the last one silently, other
 * readers the first: two programs would see two files in one.
 * @param text valid JSON
 */
export function duplicateKey(text: string): string | undefined {
  const keys: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{') keys.push(new Set());
    else if (character === '}') keys.pop();
    else if (character === '"') {
      const end = stringEnd(text, at);
      if (isKey(text, end)) {
        const key = JSON.parse(text.slice(at, end)) as string;
        if (keys.at(-1)?.has(key) === true) return key;
        keys.at(-1)?.add(key);
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** The position after the closing quote of the string that begins at `from`. */
function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Whether a colon follows. */
function isKey(text: string, from: number): boolean {
  let at = from;
  while (' \t\n\r'.includes(text[at] ?? 'x')) at++;
  return text[at] === ':';
}
