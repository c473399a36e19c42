// Spectral indices in the window: chosen, typed, refused where they cannot be read, and read under the pointer.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { newDeskPage } from './deskPage.ts';
import { serve } from './served.ts';

test('an index is chosen, typed with a logarithm, refused with what is wrong, and read under the pointer', async ({
  browser,
}) => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'prismap-index-'));
  const served = await serve({ dataFolder });
  const desk = await newDeskPage(browser);
  const { page } = desk;
  await desk.open(served.url);
  await desk.openSample();
  await desk
    .layer(/^Sample scene/)
    .first()
    .click();
  await desk.panel('Style');
  await page.getByLabel('Rendering').selectOption('index');
  const expression = page.getByLabel('Expression of bands');
  await page.getByLabel('Index', { exact: true }).selectOption('NDVI');
  await expect(expression).toHaveValue('(b8 - b4) / (b8 + b4)');
  await page.getByLabel('Index', { exact: true }).selectOption('SAVI');
  await expect(expression).toHaveValue(/0\.5/);

  await expression.fill('log(b8 / b99)');
  await expression.press('Enter');
  await expect(page.getByText(/There is no band b99/)).toBeVisible();
  await expect(expression).toHaveAttribute('aria-invalid', 'true');
  await desk.expectAccessible();

  await expression.fill('log(b8 / b4)');
  await expression.press('Enter');
  await expect(page.getByText(/There is no band b99/)).toBeHidden();
  await desk.drawn();
  const shown = page.getByTestId('index-value');
  // The expression holds once its range is known; until then the value is that of the one before.
  let place = 0.5;
  await expect(async () => {
    place += 0.002;
    await page.mouse.move(...(await desk.at([place, 0.5])));
    await expect(shown).toHaveText(/^index -?\d/);
    await page.waitForTimeout(300);
    const [ours, all] = await Promise.all([
      shown.textContent(),
      page.getByTestId('pixel-values').getAttribute('title'),
    ]);
    const values = all!.split(' · ').map(Number);
    expect(Number(ours!.replace('index ', ''))).toBeCloseTo(Math.log(values[7]! / values[3]!), 2);
  }).toPass({ timeout: 30_000 });
  await page.screenshot({ path: '.cache/journeys/index.png' });
  expect(desk.complaints).toEqual([]);
  await page.close();
  await served.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});
