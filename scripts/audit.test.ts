import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { installScripts, judgeAudit } from './judgeAudit.ts';

/** As npm 11 says it, of a package and of another that depends on it. */
const report = JSON.stringify({
  auditReportVersion: 2,
  vulnerabilities: {
    weak: {
      name: 'weak',
      severity: 'high',
      via: [
        {
          source: 1,
          name: 'weak',
          title: 'Prototype pollution',
          url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
        },
      ],
    },
    user: { name: 'user', severity: 'high', via: ['weak'] },
  },
});
const argument = {
  advisory: 'GHSA-aaaa-bbbb-cccc',
  package: 'weak',
  why: 'Only reached with options that this program never passes.',
};
const none = JSON.stringify({ auditReportVersion: 2, vulnerabilities: {} });

test('nothing found is clean', () => {
  expect(judgeAudit(none, [])).toEqual({ state: 'clean', lines: [] });
});

test('what is found fails, once, until it is argued', () => {
  expect(judgeAudit(report, [])).toEqual({
    state: 'failed',
    lines: [
      'weak GHSA-aaaa-bbbb-cccc: Prototype pollution. Update it, or argue it in scripts/argued.json.',
    ],
  });
  expect(judgeAudit(report, [argument]).state).toBe('clean');
});

test('an argument is for one package, has a reason, and goes when it is no longer needed', () => {
  expect(judgeAudit(report, [{ ...argument, package: 'other' }]).state).toBe('failed');
  expect(judgeAudit(report, [{ ...argument, why: 'fine' }]).state).toBe('failed');
  expect(judgeAudit(none, [argument])).toMatchObject({
    state: 'failed',
    lines: [expect.stringContaining('no longer found') as string],
  });
});

test('a registry that does not answer proves nothing', () => {
  const refused = JSON.stringify({
    message: '405 Method Not Allowed - POST https://anna:word@registry.example/-/npm/v1/bulk',
  });
  expect(judgeAudit(refused, [])).toEqual({ state: 'unknown', reason: '405 Method Not Allowed' });
  expect(judgeAudit('', [argument])).toMatchObject({ state: 'unknown' });
  expect(judgeAudit('<html>', [])).toMatchObject({ state: 'unknown' });
});

test('packages of the product with a script for their installation: these, and it is not run', () => {
  const root = new URL('../', import.meta.url);
  const lock = readFileSync(new URL('package-lock.json', root), 'utf8');
  expect(installScripts(lock)).toEqual([
    // built by scripts/setup.mjs
    '@tensorflow/tfjs-node-gpu',
    // an advertisement
    'core-js',
    // a faster reader that Redis queues do without
    'msgpackr-extract',
  ]);
  expect(readFileSync(new URL('.npmrc', root), 'utf8')).toMatch(/^ignore-scripts=true$/m);
  expect(lock).not.toMatch(/"resolved": "https?:/);
});
