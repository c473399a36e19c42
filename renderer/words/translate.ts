import { fillPhrase, type Phrase } from '../../app/phrase.ts';

/** Words of the interface, by the English ones; catalogues lie in renderer/public/words. */
let catalogue: Readonly<Record<string, string>> = {};
let language = 'en';

/** Languages that there is a catalogue for, in their own names. */
export const languages: Readonly<Record<string, string>> = { en: 'English', de: 'Deutsch' };

const key = 'prismap.language';

export const currentLanguage = (): string => language;

/** The English text in the language chosen; `{name}` is replaced by the value of that name. */
export function t(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  return fillPhrase(catalogue[text] ?? text, values);
}

/** What the host said, in the language chosen: in its English words where it gave no phrases, or the catalogue lacks one. */
export function said({
  message,
  phrases,
}: {
  readonly message: string;
  readonly phrases?: readonly Phrase[] | undefined;
}): string {
  if (language === 'en' || !phrases?.every(({ text }) => text in catalogue)) return message;
  const number = (value: number): string => value.toLocaleString(language);
  return phrases.map(({ text, values }) => fillPhrase(catalogue[text]!, values, number)).join(' ');
}

/** The same of an error; its phrases are among its details. */
export const saidOfError = ({
  message,
  details,
}: {
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}): string => said({ message, phrases: details['phrases'] as readonly Phrase[] | undefined });

/** Loads the words of the language chosen before, or of the system. English needs none. */
export async function loadWords(): Promise<void> {
  const wanted = localStorage.getItem(key) ?? navigator.language.slice(0, 2);
  language = wanted in languages ? wanted : 'en';
  document.documentElement.lang = language;
  if (language === 'en') return;
  const answer = await fetch(`./words/${language}.json`);
  if (answer.ok) catalogue = (await answer.json()) as Record<string, string>;
}

/** Changes the language; takes effect when the window loads again. */
export function chooseLanguage(next: string): void {
  localStorage.setItem(key, next);
  location.reload();
}
