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
  snapshotPathTemplate: 'e2e/goldens/{arg}{ext}',
  expect: { timeout: 30_000, toHaveScreenshot: { maxDiffPixelRatio: 0.02 } },
  use: {
    actionTimeout: 30_000,
    viewport: { width: 1280, height: 900 },
    launchOptions: {
      ...(chromium === undefined ? {} : { executablePath: chromium }),
      args: [
        '--no-sandbox',
        // The map draws with WebGL; SwiftShader draws the same on any machine.
        '--use-angle=swiftshader',
        '--enable-unsafe-swiftshader',
        '--ignore-gpu-blocklist',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
});
