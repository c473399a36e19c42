import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attackFiles } from './testing/attacks.ts';
import { type LineProcess, startReader } from './testing/childReader.ts';

describe('named attack files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prismap-attacks-'));
  const files = attackFiles();
  let reader: LineProcess;

  beforeAll(() => {
    reader = startReader({ seconds: 5, megabytes: 64 });
  });

  afterAll(() => {
    reader.stop();
    rmSync(folder, { recursive: true });
  });

  it('are at least sixty', () => {
    expect(new Set(files.map(({ name }) => name)).size).toBe(files.length);
    expect(files.length).toBeGreaterThanOrEqual(60);
  });

  it('are refused within 64 MB, each with a plain error', async () => {
    let slowest = { name: '', milliseconds: 0 };
    const wrong: string[] = [];
    for (const { name, bytes } of files) {
      const path = join(folder, `${name.replace(/\W+/g, '-')}.tif`);
      writeFileSync(path, bytes);
      const answer = await reader.ask(path);
      if (answer === undefined) wrong.push(`${name}: hung or died`);
      else if (answer.error === undefined) wrong.push(`${name}: read`);
      else if (answer.error.code === 'internal') wrong.push(`${name}: ${answer.error.message}`);
      const milliseconds = answer?.milliseconds ?? 0;
      if (milliseconds > slowest.milliseconds) slowest = { name, milliseconds };
    }
    console.info(
      `${files.length} attack files; slowest: ${slowest.name}, ${slowest.milliseconds.toFixed(1)} ms`,
    );
    expect(wrong).toEqual([]);
  });
});
