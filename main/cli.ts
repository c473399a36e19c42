#!/usr/bin/env node
import { frontPage } from './commandLine/frontPage.ts';

const words = process.argv.slice(2);
const page = frontPage(words);
if (page === undefined) {
  const { main } = await import('./commandLine/main.ts');
  process.exitCode = await main(words);
} else {
  process.stdout.write(page);
  process.exitCode = words.length === 0 ? 2 : 0;
}
