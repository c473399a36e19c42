import { expect, test } from 'vitest';
import { plainText } from './source.ts';

test.each([
  ['<a href="x">&copy; Nobody</a>\n &amp; Sons', '© Nobody & Sons'],
  ['&#169; Nobody', '© Nobody'],
  ['&constructor; &nbsp;', '&constructor; &nbsp;'],
  [undefined, ''],
])('credits are plain text: %s', (html, text) => {
  expect(plainText(html)).toBe(text);
});
