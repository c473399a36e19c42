import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { parseReportPath } from '../../../app/contract/reportAddress.ts';
import { Reports } from './reports.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-reports-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.useRealTimers());

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const page = '<!doctype html>\n<title>report</title>';
const ofJob = file('job.html', page);
const reports = new Reports(() => [ofJob]);
const ticketFor = async (path: string): Promise<string> =>
  parseReportPath(await reports.open(path))!;

describe('a report', () => {
  it('of a job is shown once for its address', async () => {
    const ticket = await ticketFor(ofJob);
    expect(Buffer.from((await reports.read(ticket))!).toString()).toBe(page);
    expect(await reports.read(ticket)).toBeUndefined();
  });
  it('has another address each time, which nobody guesses', async () => {
    expect(await ticketFor(ofJob)).not.toBe(await ticketFor(ofJob));
    expect(await reports.read('A'.repeat(43))).toBeUndefined();
  });
  it('is shown within a minute or not at all', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const ticket = await ticketFor(ofJob);
    vi.setSystemTime(Date.now() + 61_000);
    expect(await reports.read(ticket)).toBeUndefined();
  });
  it('that no job and no call wrote is refused; one that a call wrote is not', async () => {
    const path = file('other.html', page);
    await expect(reports.open(path)).rejects.toMatchObject({ code: 'usage' });
    reports.wrote(path);
    expect(await reports.read(await ticketFor(path))).toBeDefined();
  });
  it('that is gone, is a folder, or is something else is refused', async () => {
    const secret = file('key.html', '-----BEGIN OPENSSH PRIVATE KEY-----');
    const large = file('large.html', page);
    truncateSync(large, 65 * 2 ** 20);
    for (const [path, code] of [
      [join(folder, 'none.html'), 'not-found'],
      [folder, 'not-found'],
      [secret, 'unsupported'],
      [large, 'unsupported'],
    ] as const) {
      reports.wrote(path);
      await expect(reports.open(path)).rejects.toMatchObject({ code });
    }
  });
  it('that is exchanged after its address was given is refused, too', async () => {
    const path = file('exchanged.html', page);
    reports.wrote(path);
    const ticket = await ticketFor(path);
    writeFileSync(path, 'something else');
    await expect(reports.read(ticket)).rejects.toMatchObject({ code: 'unsupported' });
  });
});
