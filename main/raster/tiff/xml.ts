import { limits } from './limits.ts';

/** An element of an XML text: what GDAL's metadata and sidecar files need, and no more. */
export type XmlElement = {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
};

/** Thrown where a text is not plain XML: `unsafe` for what could be an attack, else merely malformed. */
export class XmlError extends Error {
  readonly unsafe: boolean;

  constructor(message: string, unsafe = false) {
    super(message);
    this.name = 'XmlError';
    this.unsafe = unsafe;
  }
}

/**
 * Parses elements, attributes and text with the five named and the numeric character references. Document types (and so
 * entities) are refused, and depth and number of elements are bounded. @throws XmlError
 */
export function parseXml(source: string, mostElements: number = limits.xmlElements): XmlElement {
  const root: XmlElement = { name: '', attributes: new Map(), children: [], text: '' };
  const open: XmlElement[] = [root];
  let elements = 0;
  let at = 0;
  while (at < source.length) {
    const tag = source.indexOf('<', at);
    const parent = open.at(-1)!;
    parent.text += decodeText(source.slice(at, tag < 0 ? undefined : tag));
    if (tag < 0) break;
    const skipped = skipSpecial(source, tag);
    if (skipped !== undefined) {
      if (source.startsWith('<![CDATA[', tag)) parent.text += source.slice(tag + 9, skipped - 3);
      at = skipped;
      continue;
    }
    const end = tagEnd(source, tag);
    const body = source.slice(tag + 1, end);
    at = end + 1;
    if (body.startsWith('/')) {
      if (open.length < 2 || parent.name !== body.slice(1).trim()) throw new XmlError('unpaired');
      open.pop();
      continue;
    }
    if (++elements > mostElements) throw new XmlError('too many elements', true);
    const element = parseTag(body);
    parent.children.push(element);
    if (!body.endsWith('/')) open.push(element);
    if (open.length > limits.xmlDepth)
      throw new XmlError('elements that are nested too deeply', true);
  }
  if (open.length !== 1) throw new XmlError('not closed');
  return root;
}

/** End of a comment, processing instruction or CDATA section that begins at `at`. */
function skipSpecial(source: string, at: number): number | undefined {
  const endOf = (mark: string): number => {
    const end = source.indexOf(mark, at);
    if (end < 0) throw new XmlError('not closed');
    return end + mark.length;
  };
  if (source.startsWith('<!--', at)) return endOf('-->');
  if (source.startsWith('<![CDATA[', at)) return endOf(']]>');
  if (source.startsWith('<?', at)) return endOf('?>');
  if (source.startsWith('<!', at)) throw new XmlError('a document type', true);
  return undefined;
}

function tagEnd(source: string, at: number): number {
  let quote = '';
  for (let i = at + 1; i < source.length; i++) {
    const character = source[i]!;
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return i;
  }
  throw new XmlError('not closed');
}

/** The search for attributes takes time that grows with the square of a tag; real ones have some hundred characters. */
const longestTag = 65_536;

function parseTag(body: string): XmlElement {
  if (body.length > longestTag) throw new XmlError(`a tag of ${body.length} characters`);
  const name = /^[^\s/>]+/.exec(body)?.[0];
  if (name === undefined) throw new XmlError('no name');
  const attributes = new Map<string, string>();
  if (body.includes('='))
    for (const match of body
      .slice(name.length)
      .matchAll(/([^\s=/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
      attributes.set(match[1]!, decodeText(match[2] ?? match[3]!));
    }
  return { name, attributes, children: [], text: '' };
}

const named: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Replaces the character references of a text; unknown ones stay. */
export function decodeText(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#x?[0-9a-f]{1,6}|\w{1,6});/gi, (whole, code: string) => {
    if (!code.startsWith('#')) return named.get(code) ?? whole;
    const hexadecimal = code[1] === 'x' || code[1] === 'X';
    const point = Number.parseInt(code.slice(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

/** The children of an element with a name. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}
