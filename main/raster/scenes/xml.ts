import { AppError } from '../../../app/error.ts';
import { parseXml, type XmlElement, XmlError } from '../tiff/xml.ts';

/**
 * Parses a metadata document with the bounds of the XML reader (no document types, no entities, limited depth and size).
 * @param source named in messages
 * @throws AppError `corrupt`
 */
export function parseDocument(text: string, source: string): XmlElement {
  try {
    const root = parseXml(text.replace(/^\uFEFF/, ''));
    if (root.children.length > 0) return root;
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
  }
  throw new AppError(
    'corrupt',
    `The metadata in ${source} is not a complete XML document. Copy or download it again.`,
    { source },
  );
}

/** All elements of a name below (and including) one, whatever their namespace prefix, in document order. */
export function descendants(element: XmlElement, name: string): XmlElement[] {
  const found = localName(element) === name ? [element] : [];
  for (const child of element.children) found.push(...descendants(child, name));
  return found;
}

/** Trimmed text of the first element of a name below one. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return descendants(element, name)[0]?.text.trim();
}

/** Name without namespace prefix. */
export function localName(element: XmlElement): string {
  return element.name.slice(element.name.indexOf(':') + 1);
}

/** An attribute by its name without prefix. */
export function attributeOf(element: XmlElement, name: string): string | undefined {
  for (const [key, value] of element.attributes) {
    if (key.slice(key.indexOf(':') + 1) === name) return value;
  }
  return undefined;
}
