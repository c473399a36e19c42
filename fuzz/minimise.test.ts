import { expect, it } from 'vitest';
import { minimise } from './minimise.ts';

it('cuts what a find does not need and puts back what it does not', async () => {
  const sound = { a: Buffer.from('0123456789'), b: Buffer.from('left alone') };
  const hostile = { ...sound, a: Buffer.from('01xx45!7y9 and much more that does not matter') };
  const isSame = async ({ a }: Readonly<Record<string, Uint8Array>>): Promise<boolean> =>
    Buffer.from(a!).includes('!');
  const smallest = await minimise(hostile, [sound], isSame);
  expect(Buffer.from(smallest['a']!).toString()).toBe('!');
  expect(smallest['b']).toBe(sound.b);

  // Where nothing can be cut, only what matters differs in the end.
  const whole = async (files: Readonly<Record<string, Uint8Array>>): Promise<boolean> =>
    files['a']!.length === 10 && (await isSame(files));
  const same = await minimise({ ...sound, a: Buffer.from('01xx45!7y9') }, [sound], whole);
  expect(Buffer.from(same['a']!).toString()).toBe('012345!789');
});
