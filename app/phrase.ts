/**
 * A sentence with places `{name}` and what is put there. The program says it in English; a window that has a catalogue says it in another
 * language. Numbers are written as the language writes them.
 */
export type Phrase = {
  readonly text: string;
  readonly values: Readonly<Record<string, string | number>>;
};

/** @param text English, written where it is said: the catalogues are checked against these calls */
export const phrase = (text: string, values: Phrase['values'] = {}): Phrase => ({ text, values });

/** The sentence with its values in place; a place without value stays as it is. */
export function fillPhrase(
  text: string,
  values: Phrase['values'],
  number: (value: number) => string = String,
): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : (value ?? whole);
  });
}

/** Sentences in English, joined by blanks. */
export const phraseText = (phrases: readonly Phrase[]): string =>
  phrases
    .map(({ text, values }) => fillPhrase(text, values, (value) => value.toLocaleString('en')))
    .join(' ');
