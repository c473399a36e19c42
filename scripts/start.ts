// `npm start`: the desktop application, out of the checkout. Words after `--` are files to open.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { electronProgram } from './electronProgram.ts';

const say = (text: string): void => console.error(`start: ${text}`);

const program = electronProgram(say);
if (program === undefined) {
  say('The same window opens in your browser with: npm run serve -- --open');
  process.exitCode = 1;
} else {
  const child = spawn(program.file, ['.', ...process.argv.slice(2)], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
}
