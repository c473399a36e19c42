import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// The browser of the machine where there is one: CHROMIUM_PATH, or Debian's; else the one that Playwright installed.
const chromium = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium'].find(
  (path) => path !== undefined && existsSync(path),
);

export default defineConfig({
  testDir: 'e2e',
  outputDir: '.cache/journeys',
  timeout: 600_000,
  workers: 1,
  use: {
    viewport: { width: 1280, height: 900 },
    launchOptions: {
      ...(chromium === undefined ? {} : { executablePath: chromium }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
});
