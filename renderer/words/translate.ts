import { fillPhrase, type Phrase } from '../../app/phrase.ts';
import { codeWords, hostSentences } from './hostSentences.ts';

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

/** A sentence of the host with the places of its values, found again by what it says; undefined where none is like it. */
function recognised(message: string): Phrase | undefined {
  for (const text of hostSentences) {
    const values = valuesIn(message, text);
    if (values !== undefined) return { text, values };
  }
  return undefined;
}

const longestSentence = 2000;

/** What stands in the places of a sentence; undefined where a message is not made of it. */
function valuesIn(message: string, sentence: string): Record<string, string> | undefined {
  if (message.length > longestSentence) return undefined;
  const parts = sentence.split(/\{(\w+)\}/);
  const pattern = parts.map((part, i) => (i % 2 === 1 ? '(.*?)' : escaped(part))).join('');
  const match = new RegExp(`^${pattern}$`, 's').exec(message);
  if (match === null) return undefined;
  const names = parts.filter((_, i) => i % 2 === 1);
  return Object.fromEntries(names.map((name, i) => [name, match[i + 1]!]));
}

const escaped = (text: string): string => text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');

/** Whether the window itself said it, as of a lost connection, or began it, as a list of files. */
function isOwn(message: string): boolean {
  const [first = ''] = message.split('\n', 1);
  return Object.entries(catalogue).some(
    ([text, words]) => /[.:]$/.test(text) && valuesIn(first, words) !== undefined,
  );
}

/** A sentence of the host in the language chosen; undefined where the catalogue lacks it. */
function translated(sentence: Phrase): string | undefined {
  const known = sentence.text in catalogue ? sentence : recognised(sentence.text);
  if (known === undefined) return undefined;
  const number = (value: number): string => value.toLocaleString(language);
  return fillPhrase(catalogue[known.text]!, known.values, number);
}

/**
 * What the host said, in the language chosen: by its phrases, or by the sentence itself. Of an error that the catalogue lacks what it
 * is about, and the rest in English.
 */
export function said({
  message,
  phrases,
  code,
}: {
  readonly message: string;
  readonly phrases?: readonly Phrase[] | undefined;
  readonly code?: string | undefined;
}): string {
  if (language === 'en') return message;
  const sentences = (phrases ?? [{ text: message, values: {} }]).map(translated);
  if (sentences.every((sentence) => sentence !== undefined)) return sentences.join(' ');
  const about = codeWords[code ?? ''];
  return about === undefined || isOwn(message) ? message : `${t(about)} (${message})`;
}

/** A warning that came as a sentence, in the language chosen. */
export const saidSentence = (message: string): string => said({ message });

/** The same of an error; its phrases are among its details. */
export const saidOfError = ({
  message,
  details,
  code,
}: {
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly code: string;
}): string => said({ message, code, phrases: details['phrases'] as readonly Phrase[] | undefined });

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
