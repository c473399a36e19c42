import { describe, expect, it } from 'vitest';
import { errorRecord, phraseError } from './error.ts';
import { fillPhrase, phrase, phraseText } from './phrase.ts';

describe('a phrase', () => {
  it('has its values in their places, numbers as the language writes them', () => {
    const said = phrase('{count} of {name} and {none}', { count: 12_345, name: '{count}' });
    expect(phraseText([said, phrase('So.')])).toBe('12,345 of {count} and {none} So.');
    const german = (value: number): string => value.toLocaleString('de');
    expect(fillPhrase('{name}: {count}', said.values, german)).toBe('{count}: 12.345');
  });
  it('of an error crosses borders with it, beside the English message', () => {
    const error = phraseError('usage', [phrase('No {what}.', { what: 'band' })], { at: 3 });
    expect(JSON.parse(JSON.stringify(errorRecord(error)))).toEqual({
      code: 'usage',
      message: 'No band.',
      details: { at: 3, phrases: [{ text: 'No {what}.', values: { what: 'band' } }] },
    });
  });
});
