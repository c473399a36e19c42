import { summaries } from '../../app/contract/summaries.ts';
import { programVersion } from '../version.ts';

/**
 * What `prismap`, `--help` and `--version` print, or undefined for all other words. Loads nothing else: schemas and
 * services take five times as long as this answer.
 */
export function frontPage(words: readonly string[]): string | undefined {
  const [first = '--help'] = words;
  if (first === '--help' || first === 'help') return overview(programVersion());
  return first === '--version' ? `${programVersion()}\n` : undefined;
}

const width = 28;

function overview(version: string): string {
  const rows = Object.entries(summaries).map(
    ([name, summary]) => `  ${name.padEnd(width)}${summary}`,
  );
  return [
    `prismap ${version}: from a scene and drawn ROIs to a trained model, a land-cover map and its accuracy`,
    '',
    'Usage: prismap COMMAND [OPTIONS]',
    '',
    ...rows,
    `  ${'serve'.padEnd(width)}the window of the desktop application, in a browser on this machine`,
    `  ${'bench'.padEnd(width)}speed and memory beside peers`,
    '',
    'Every command: --json (one JSON document on standard output), --quiet, --verbose, --config FILE, --help',
    '',
  ].join('\n');
}
