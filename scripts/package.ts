// `npm run package`: packs the desktop application for this system into .cache/packages. Words after `--` go to electron-builder, e.g.
// `npm run package -- --dir`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { rendererFolder } from '../main/shell/rendererFolder.ts';
import { electronProgram } from './electronProgram.ts';
import { stagePackage } from './stagePackage.ts';

const say = (text: string): void => console.error(`package: ${text}`);

const program = electronProgram(say);
if (program === undefined) {
  say('nothing was packed.');
  process.exitCode = 1;
} else {
  stagePackage('.cache/package', { renderer: await rendererFolder(say) });
  const builder = join('node_modules', 'electron-builder', 'cli.js');
  const options = ['--config', 'electron-builder.yml', `--config.electronDist=${program.folder}`];
  const packed = spawnSync(process.execPath, [builder, ...options, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exitCode = packed.status ?? 1;
}
