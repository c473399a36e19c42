import fc from 'fast-check';
import { expect, test } from 'vitest';
import { valueWithoutSecrets, withoutSecrets } from './secrets.ts';

test.each([
  ['redis://anna:geheim@host:6379/0 is gone', 'redis://•••@host:6379/0 is gone'],
  ['redis://:geheim@host', 'redis://•••@host'],
  ['GET /#token=abc.DEF-123 failed', 'GET /#token=•••'.concat(' failed')],
  [
    'https://t.example/1/2?style=a&access_token=pk.ey1&x=1',
    'https://t.example/1/2?style=a&access_token=•••&x=1',
  ],
  [
    'https://b.s3.example/k?X-Amz-Signature=0af&n=1',
    'https://b.s3.example/k?X-Amz-Signature=•••&n=1',
  ],
  ['{"password":"geheim","n":1}', '{"password":"•••","n":1}'],
  ['Authorization: Basic YW5uYTpnZWhlaW0=', 'Authorization: •••'],
  ['used Bearer abcdefgh12345', 'used Bearer •••'],
  ['tokens 1024, key 3, scene at 10:20', 'tokens 1024, key 3, scene at 10:20'],
  ['https://tiles.example/{z}/{x}/{y}.png', 'https://tiles.example/{z}/{x}/{y}.png'],
])('%s', (text, expected) => {
  expect(withoutSecrets(text)).toBe(expected);
});

test('a password never stays in an address, whatever it is made of', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9!$%&*+,;=.~_-]{6,20}$/);
  fc.assert(
    fc.property(word, word, fc.constantFrom('redis', 'https', 's3'), (user, secret, scheme) => {
      fc.pre(!`${scheme}://host.example:80/place`.includes(secret));
      const said = withoutSecrets(
        `could not reach ${scheme}://${user}:${secret}@host.example:80/place`,
      );
      expect(said).not.toContain(secret);
      expect(said).toContain('host.example:80/place');
    }),
  );
});

test('fields that hold secrets lose them, the others stay', () => {
  expect(
    valueWithoutSecrets({
      url: 'redis://a:b@h',
      list: [{ apiKey: 'x', count: 3 }],
      sessionToken: { deep: 1 },
      nothing: null,
    }),
  ).toEqual({
    url: 'redis://•••@h',
    list: [{ apiKey: '•••', count: 3 }],
    sessionToken: '•••',
    nothing: null,
  });
});
