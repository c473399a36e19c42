import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = `${resolve(import.meta.dirname, '../..').replaceAll('\\', '/')}/`;

/** Where in the program's own sources a stack passed, the innermost place first: `main/server.ts:10:3`. */
export function placesOf(stack: string, root = program): string[] {
  return stack.split('\n').flatMap((line) => {
    const place = /^\s+at (?:.*\()?(.+:\d+:\d+)\)?$/.exec(line)?.[1];
    if (place === undefined) return [];
    const path = (place.startsWith('file:') ? pathOf(place) : place).replaceAll('\\', '/');
    return path.startsWith(root) ? [path.slice(root.length)] : [];
  });
}

function pathOf(address: string): string {
  const [, url, position] = /^(.*?)(:\d+:\d+)$/.exec(address)!;
  return fileURLToPath(url!) + position;
}
