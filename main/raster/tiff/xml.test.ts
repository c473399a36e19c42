import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childrenOf, parseXml, XmlError } from './xml.ts';

describe('parseXml', () => {
  it('reads elements, attributes, references, comments and CDATA', () => {
    const root = parseXml(
      `<?xml version="1.0"?><!-- a > b --><a x="1 &lt; 2" y='"'>t&amp;&#233;&#x41;<b/><![CDATA[<c>]]></a>`,
    );
    const [a] = childrenOf(root, 'a');
    expect(a!.text).toBe('t&éA<c>');
    expect([...a!.attributes]).toEqual([
      ['x', '1 < 2'],
      ['y', '"'],
    ]);
    expect(childrenOf(a!, 'b')).toHaveLength(1);
  });

  it('refuses document types, and bounds depth and size', () => {
    for (const text of ['<!DOCTYPE a><a/>', '<a>'.repeat(70), `<a>${'<b/>'.repeat(30_000)}</a>`]) {
      expect(() => parseXml(text)).toThrow(expect.objectContaining({ unsafe: true }) as Error);
    }
  });

  it.each([
    ['< a/>', 'no name'],
    [`<a ${'x'.repeat(70_000)}/>`, 'a tag of'],
    ['<a></b>', 'unpaired'],
    ['</a>', 'unpaired'],
    ['<a>', 'not closed'],
    ['<!-- a', 'not closed'],
    ['<a b=">', 'not closed'],
  ])('%.20s is malformed, not unsafe', (text, message) => {
    const told = expect.objectContaining({
      unsafe: false,
      message: expect.stringContaining(message) as string,
    }) as Error;
    expect(() => parseXml(text)).toThrow(told);
  });

  it('leaves references alone that name nothing', () => {
    const [a] = childrenOf(parseXml('<a>&none; &#0; &#x110000; &amp; &</a>'), 'a');
    expect(a!.text).toBe('&none; &#0; &#x110000; & &');
  });

  it('throws nothing but its own error', () => {
    const part = fc.constantFrom(
      '<a>',
      '</a>',
      '<b x="',
      '">',
      '&lt;',
      '&#99999999;',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      'text',
      '<',
      '/>',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        try {
          parseXml(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(XmlError);
        }
      }),
    );
  });
});
