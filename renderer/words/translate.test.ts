import { readFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { loadWords, said, saidOfError, saidSentence, t } from './translate.ts';

const german = readFileSync(new URL('../public/words/de.json', import.meta.url), 'utf8');

async function speak(language: string): Promise<void> {
  vi.stubGlobal('localStorage', { getItem: () => language });
  vi.stubGlobal('document', { documentElement: {} });
  vi.stubGlobal('fetch', async () => new Response(german));
  await loadWords();
}

afterEach(() => vi.unstubAllGlobals());

it('a sentence of the host is found again with its values', async () => {
  await speak('de');
  expect(saidSentence('12 of 340 ROIs lie outside the scene and are not used.')).toBe(
    '12 von 340 Trainingsflächen liegen außerhalb der Szene und werden nicht verwendet.',
  );
  const path = '/data/a (1)/b.c*.tif';
  const message = `${path} cannot be read (EACCES). Check its permissions and the drive it lies on.`;
  expect(saidOfError({ code: 'not-readable', message, details: {} })).toBe(
    `${path} lässt sich nicht lesen (EACCES). Prüfen Sie die Zugriffsrechte und das Laufwerk.`,
  );
  const bands = ["Band B8 is on the scene's bad-band list.", 'Band B9 is unheard of.'];
  const phrases = bands.map((text) => ({ text, values: {} }));
  expect(said({ message: bands[0]!, phrases: phrases.slice(0, 1) })).toBe(
    'Band B8 steht auf der Liste schlechter Bänder der Szene.',
  );
  expect(said({ message: bands.join(' '), phrases })).toBe(bands.join(' '));
});

it('an error that no catalogue has says what it is about, and the rest in English', async () => {
  await speak('de');
  const message = 'a.tif is damaged: its directory lies past its end.';
  expect(saidOfError({ code: 'corrupt', message, details: {} })).toBe(
    `Die Datei ist beschädigt oder endet zu früh. (${message})`,
  );
});

it('what the window says itself is not said twice', async () => {
  await speak('de');
  const message = t('The connection to Prismap was lost ({reason}). Try again.', { reason: 'x' });
  expect(saidOfError({ code: 'network', message, details: {} })).toBe(message);
});

it('English stays as it came', async () => {
  await speak('en');
  const message = '1 of 3 ROIs lies outside the scene and is not used.';
  expect(saidSentence(message)).toBe(message);
});
