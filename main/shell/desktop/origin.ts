/** The scheme and host of the window's own pages; nothing else is ever loaded. */
export const scheme = 'app';
const host = 'prismap';
export const startPage = `${scheme}://${host}/`;

/** Whether an address is one of the window's own pages. By its parts: the origin of such a scheme is `null` to Node. */
export function isOwnPage(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, host: named, username, password } = new URL(address);
  return protocol === `${scheme}:` && named === host && username === '' && password === '';
}
