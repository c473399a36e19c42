// Two dates side by side: swipe, spy-glass and linked view show the right layer at the right place, pixel by pixel.
import { expect, type Page, test } from '@playwright/test';
import { DeskPage } from './deskPage.ts';
import { type Box, differing, type Picture, pictureOf } from './pixels.ts';
import { type Served, serve } from './served.ts';

test.describe.configure({ mode: 'serial' });

/** Fewer pixels than these differ by chance: nothing is drawn twice the same at every edge. */
const same = 0.002;

for (const scale of [1, 2])
  test.describe(`at ${scale} pixels of the screen for one of the page`, () => {
    let served: Served;
    let page: Page;
    let desk: DeskPage;
    /** The map with each date alone. */
    let first: Picture;
    let second: Picture;
    let map: Box;

    test.beforeAll(async ({ browser }) => {
      served = await serve();
      const context = await browser.newContext({
        viewport: { width: 1280, height: 860 },
        deviceScaleFactor: scale,
      });
      page = await context.newPage();
      desk = new DeskPage(page);
      await desk.open(served.url);
      await desk.openSample('Open the sample of two dates');
      map = (await page.locator('.map').first().boundingBox())!;
    });
    test.afterAll(async () => {
      await page.close();
      await served.stop();
    });

    /** A part of the map by shares of its width and height. */
    const part = (left: number, top: number, right: number, bottom: number): Box => ({
      x: Math.round(map.x + left * map.width),
      y: Math.round(map.y + top * map.height),
      width: Math.floor((right - left) * map.width),
      height: Math.floor((bottom - top) * map.height),
    });
    /** Away from the controls in the corners, the choice of the layer above and the slider below. */
    const [top, bottom] = [0.18, 0.76];
    const leftHalf = (): Box => part(0.02, top, 0.48, bottom);
    const rightHalf = (): Box => part(0.52, top, 0.98, bottom);

    const expectSame = (wanted: () => Picture, ...boxes: Box[]): Promise<void> =>
      expect(async () => {
        const now = await pictureOf(page);
        for (const box of boxes) expect(differing(now, wanted(), box)).toBeLessThan(same);
      }).toPass({ timeout: 60_000 });
    const toggle = (name: string): Promise<void> =>
      page.getByRole('button', { name, exact: true }).click();

    /** The page once half a second changes nothing any more: a busy machine draws late. */
    const stillPicture = async (): Promise<Picture> => {
      let last = await pictureOf(page);
      await expect(async () => {
        await page.waitForTimeout(500);
        const before = last;
        last = await pictureOf(page);
        expect(differing(before, last, part(0.02, top, 0.98, bottom))).toBe(0);
      }).toPass({ timeout: 60_000 });
      return last;
    };

    test('the two dates differ, and each is drawn alone', async () => {
      await desk.drawn();
      first = await stillPicture();
      await toggle('Show Sample scene (second date)');
      await expect(async () => {
        second = await pictureOf(page);
        for (const box of [leftHalf(), rightHalf()])
          expect(differing(first, second, box)).toBeGreaterThan(0.03);
      }).toPass({ timeout: 60_000 });
      await desk.drawn();
      second = await stillPicture();
      await toggle('Hide Sample scene (second date)');
      await expectSame(() => first, leftHalf(), rightHalf());
    });

    test('the swipe shows the hidden date right of its line, ROIs on both sides', async () => {
      await desk.command('Swipe');
      await expect(page.getByLabel('Compared layer')).toContainText('Sample scene (second date)');
      await expectSame(() => first, leftHalf());
      await expectSame(() => second, rightHalf());
      const line = page.getByRole('slider', { name: 'Position of the swipe line' });
      await line.fill('25');
      await expectSame(() => first, part(0.02, top, 0.24, bottom));
      await expectSame(() => second, part(0.26, top, 0.98, bottom));
      await line.fill('100');
      await expectSame(() => first, leftHalf(), rightHalf());
      await line.fill('50');
    });

    test('another layer is compared when it is chosen', async () => {
      await page.getByLabel('Compared layer').selectOption('Sample scene (first date)');
      // Nothing else is in view: left of the line there is the ground alone.
      await expectSame(() => first, rightHalf());
      const now = await pictureOf(page);
      expect(differing(now, first, leftHalf())).toBeGreaterThan(0.5);
      await page.getByLabel('Compared layer').selectOption('Sample scene (second date)');
      await expectSame(() => second, rightHalf());
    });

    test('the spy-glass follows the pointer', async () => {
      await desk.command('Spy-glass');
      for (const [x, y] of [
        [0.4, 0.45],
        [0.6, 0.5],
      ] as const) {
        const [left, above] = [map.x + x * map.width, map.y + y * map.height];
        await page.mouse.move(left, above, { steps: 3 });
        const glass = { x: left - 106, y: above - 106, width: 212, height: 212 };
        await expectSame(() => second, glass);
        await expectSame(() => first, part(0.02, top, x - 0.2, bottom));
        await expectSame(() => first, part(x + 0.2, top, 0.98, bottom));
      }
    });

    test('the second view moves with the first', async () => {
      await desk.command('Linked second view');
      const places = page.locator('.map');
      await expect(places).toHaveCount(2);
      const [a, b] = [await places.nth(0).boundingBox(), await places.nth(1).boundingBox()];
      const box = {
        x: a!.x + 0.05 * a!.width,
        y: a!.y + top * a!.height,
        width: 0.9 * a!.width,
        height: (bottom - top) * a!.height,
      };
      // The separator between the views makes the second one a little narrower; both have the same middle.
      const moved = { x: b!.x + b!.width / 2 - a!.x - a!.width / 2, y: b!.y - a!.y };
      const difference = async (): Promise<number> => {
        const now = await pictureOf(page);
        return differing(now, now, box, moved);
      };
      await expect(async () => {
        const share = await difference();
        expect(share).toBeGreaterThan(0.03);
        expect(share).toBeLessThan(0.7);
      }).toPass({ timeout: 60_000 });
      await page.getByLabel('Compared layer').selectOption('Sample scene (first date)');
      await expect.poll(difference, { timeout: 60_000 }).toBeLessThan(0.02);
      const before = await pictureOf(page);
      await page.mouse.move(b!.x + b!.width / 2, b!.y + b!.height / 2);
      await page.mouse.wheel(0, -400);
      await expect(async () => {
        const now = await pictureOf(page);
        expect(differing(now, before, box)).toBeGreaterThan(0.1);
        expect(differing(now, now, box, moved)).toBeLessThan(0.02);
      }).toPass({ timeout: 60_000 });
    });

    test('afterwards everything is as it was', async () => {
      await page.getByRole('button', { name: 'End comparison' }).click();
      await expect(page.locator('.map')).toHaveCount(1);
      await desk.command('Zoom to layer');
      await expectSame(() => first, leftHalf(), rightHalf());
      expect(desk.complaints).toEqual([]);
    });
  });
