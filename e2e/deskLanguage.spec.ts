// The window in German and in both themes: what it says, and that axe finds nothing in any panel.
import { expect, test } from '@playwright/test';
import { type DeskPage, newDeskPage } from './deskPage.ts';
import { type Served, serve } from './served.ts';

test.describe.configure({ mode: 'serial' });

let served: Served;
let desk: DeskPage;

test.beforeAll(async ({ browser }) => {
  served = await serve();
  desk = await newDeskPage(browser);
  await desk.open(served.url);
  await desk.openSample();
});
test.afterAll(async () => {
  await desk.page.close();
  await served.stop();
});

const tabs = {
  en: [
    'Style',
    'Spectra',
    'Train',
    'Pre-train',
    'Models',
    'Change',
    'Batch',
    'Accuracy',
    'Jobs',
    'Export',
    'Settings',
    'Help',
  ],
  de: [
    'Darstellung',
    'Spektren',
    'Trainieren',
    'Vortrainieren',
    'Modelle',
    'Veränderung',
    'Stapel',
    'Genauigkeit',
    'Aufträge',
    'Exportieren',
    'Einstellungen',
    'Hilfe',
  ],
};

/** Looks at every panel with axe, and at the dialogs that show most words. */
async function expectAllAccessible(language: keyof typeof tabs): Promise<void> {
  const { page } = desk;
  for (const tab of tabs[language]) {
    await desk.panel(tab);
    await expect(page.getByRole('tabpanel', { name: tab })).toBeVisible();
    await expect(page.getByText(/^(Loading…|Wird geladen …)$/)).toBeHidden();
    // Sections within sections come to light when theirs is opened.
    const closed = page.locator('.tab-panel details:not([open]) > summary:visible').first();
    while (await closed.isVisible()) await closed.click();
    await test.step(tab, () => desk.expectAccessible());
  }
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog')).toBeVisible();
  await desk.expectAccessible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.locator('.map').first().focus();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await desk.expectAccessible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
}

/** What the system draws where nothing else is, as a person sees it. */
const ground = (): Promise<string> =>
  desk.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

test('every panel is accessible in the light theme, in English', async () => {
  await desk.panel('Settings');
  await desk.page.getByLabel('Theme').selectOption('Light');
  await expectAllAccessible('en');
});

test('the dark theme takes effect at once', async () => {
  await desk.panel('Settings');
  await desk.page.getByLabel('Theme').selectOption('Light');
  const light = await ground();
  await desk.page.getByLabel('Theme').selectOption('Dark');
  expect(await ground()).not.toBe(light);
});

test('the window speaks German once it is chosen in the settings', async () => {
  const { page } = desk;
  await desk.panel('Settings');
  await page.getByLabel(/^Language/).selectOption('Deutsch');
  await expect(page.getByRole('region', { name: 'Karte', exact: true })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  const menus = page.getByRole('navigation', { name: 'Menüs' }).getByRole('button');
  await expect(menus).toHaveText([
    'Projekt',
    'Bearbeiten',
    'Ebene',
    'Ansicht',
    'Ausführen',
    'Hilfe',
  ]);
  await expect(page.getByRole('tab')).toHaveText(tabs.de);
  await page.getByRole('button', { name: 'Ansicht', exact: true }).click();
  await expect(page.getByRole('menuitem', { name: /^Hineinzoomen/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByText('alles gespeichert')).toBeVisible();
});

test('what is undone is named in German, and keys as German keyboards name them', async () => {
  const { page } = desk;
  await page.getByRole('button', { name: 'Klasse hinzufügen' }).click();
  await expect(
    page.getByRole('grid', { name: 'Klassenliste' }).getByRole('row', { name: 'Klasse 11' }),
  ).toBeVisible();
  const undo = page.getByRole('button', { name: 'Rückgängig' });
  await undo.hover();
  await expect(page.getByRole('tooltip')).toHaveText(/Rückgängig \(Strg\+Z\).*Klasse 11/);
  await undo.click();
});

test('numbers are written as in German', async () => {
  const { page } = desk;
  await page.mouse.move(...(await desk.at([0.5, 0.5])));
  await expect(page.getByTestId('pixel-values')).toHaveText(/^0,\d+ · 0,\d+/);
});

test('every panel is accessible in the dark theme, in German', async () => {
  await expectAllAccessible('de');
});

test('nothing was said in the console, and no policy was broken', () => {
  expect(desk.complaints).toEqual([]);
});
