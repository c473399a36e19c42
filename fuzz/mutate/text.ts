import type { Random } from '../../app/random.ts';
import { mutateBytes, pick } from './bytes.ts';

/** Numbers as texts that a header is not expected to hold. */
const numbers = [
  '0',
  '-1',
  '1',
  '3',
  '65536',
  '2147483647',
  '2147483648',
  '4294967296',
  '9007199254740993',
  '99999999999999999999',
  '1e400',
  '-1e400',
  '1e-400',
  'NaN',
  'nan',
  'Infinity',
  '0x10',
  '1,5',
  '',
  '٣',
];

/** Pieces that mean something to some parser. */
const pieces = [
  '\0',
  '\uFEFF',
  '\uFFFD',
  '\u202e',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  ',',
  ':',
  '<',
  '</',
  '/>',
  '<!--',
  '<![CDATA[',
  '<!DOCTYPE a [<!ENTITY b "cc">]>',
  '&b;',
  '&#x0;',
  '&#99999999;',
  '../../../etc/passwd',
  '/etc/passwd',
  'C:\\x',
  'http://127.0.0.1:9/x',
  '__proto__',
  'constructor',
  '- ',
  '? ',
  '&a [*a,*a]',
  '!!js/function "x"',
  '\n',
  '\t',
  '\r',
];

const hugeTexts: readonly (() => string)[] = [
  () => 'A'.repeat(70_000),
  () => '['.repeat(100_000),
  () => '{"a":'.repeat(50_000),
  () => '<a>'.repeat(100_000),
  () => '{'.repeat(100_000),
  () => '9'.repeat(10_000),
  () => '<a b="c"/>'.repeat(40_000),
  () => ' '.repeat(100_000),
  () => '&a '.repeat(30_000),
];

type Operator = (text: string, random: Random) => string;

/** Somewhere in a text: from, and a little behind it. */
function span(text: string, random: Random): readonly [from: number, to: number] {
  const from = random.integer(text.length + 1);
  return [from, Math.min(text.length, from + 1 + random.integer(40))];
}

function onLine(
  text: string,
  random: Random,
  change: (lines: string[], at: number) => void,
): string {
  const lines = text.split('\n');
  change(lines, random.integer(lines.length));
  return lines.join('\n');
}

const operators: readonly Operator[] = [
  (text, random) => {
    const places = [...text.matchAll(/-?\d+(\.\d+)?/g)];
    if (places.length === 0) return text;
    const { 0: old, index } = pick(places, random);
    return text.slice(0, index) + pick(numbers, random) + text.slice(index + old.length);
  },
  (text, random) => {
    const [from] = span(text, random);
    return text.slice(0, from) + pick(pieces, random) + text.slice(from);
  },
  (text, random) => {
    const [from, to] = span(text, random);
    return text.slice(0, from) + text.slice(to);
  },
  (text, random) => {
    const [from, to] = span(text, random);
    return text.slice(0, to) + text.slice(from);
  },
  (text, random) => text.slice(0, random.integer(text.length + 1)),
  (text, random) => onLine(text, random, (lines, at) => lines.splice(at, 1)),
  (text, random) => onLine(text, random, (lines, at) => lines.splice(at, 0, lines[at]!)),
  (text, random) => onLine(text, random, (lines, at) => lines.push(...lines.splice(at, 1))),
  // A word over another one.
  (text, random) => {
    const words = [...text.matchAll(/\w+/g)];
    if (words.length === 0) return text;
    const { 0: old, index } = pick(words, random);
    return text.slice(0, index) + pick(words, random)[0] + text.slice(index + old.length);
  },
];

/** One in so many changes is a text that is long or deep. */
const hugeOneIn = 60;

/** Damages a text in one to three ways; now and then its bytes. */
export function mutateText(source: string, random: Random): Buffer {
  if (random.integer(6) === 0) return mutateBytes(Buffer.from(source), random, false);
  let text = source;
  for (let times = 1 + random.integer(3); times > 0; times--) {
    text = pick(operators, random)(text, random);
    if (random.integer(hugeOneIn) === 0) {
      const [from] = span(text, random);
      text = text.slice(0, from) + pick(hugeTexts, random)() + text.slice(from);
    }
  }
  return Buffer.from(text);
}
