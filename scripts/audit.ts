// Known weaknesses of what the product is made of. `npm run check` runs it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Argued, judgeAudit } from './judgeAudit.ts';

const argued = JSON.parse(
  readFileSync(new URL('./argued.json', import.meta.url), 'utf8'),
) as Argued[];
const { stdout } = spawnSync(
  'npm',
  ['audit', '--omit=dev', '--json', '--fetch-retries=0', '--fetch-timeout=20000'],
  { encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 28, shell: process.platform === 'win32' },
);
const judged = judgeAudit(stdout ?? '', argued);
if (judged.state === 'unknown')
  console.log(`note: the registry could not be asked for known weaknesses (${judged.reason}).`);
else for (const line of judged.lines) console.log(line);
process.exitCode = judged.state === 'failed' ? 1 : 0;
