import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, expect, type Locator, type Page } from '@playwright/test';

type Point = readonly [x: number, y: number];

/** A window of its own, as axe asks for. */
export async function newDeskPage(browser: Browser): Promise<DeskPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  return new DeskPage(await context.newPage());
}

/** The desk's window as a person sees it. Positions are pixels of the page. */
export class DeskPage {
  readonly page: Page;
  /** What the page said in its console as an error, and errors that nobody caught. */
  readonly complaints: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await expect(this.page.getByRole('region', { name: 'Map', exact: true })).toBeVisible();
  }

  async openSample(command = 'Open the sample project'): Promise<void> {
    await this.command(command);
    await expect(this.layer(/^Sample scene/).first()).toBeVisible({ timeout: 120_000 });
    await this.drawn();
  }

  /** Runs a command through the palette, as a person who knows its name does. */
  async command(name: string): Promise<void> {
    await this.page.keyboard.press('Control+k');
    await this.page.getByRole('searchbox', { name: 'Find a command' }).fill(name);
    await this.page.getByRole('option', { name }).first().click();
  }

  layer(name: string | RegExp): Locator {
    return this.page.getByRole('treegrid', { name: 'Layer tree' }).getByRole('row', { name });
  }

  classRow(name: string | RegExp): Locator {
    return this.page.getByRole('grid', { name: 'Class list' }).getByRole('row', { name });
  }

  async tool(name: string): Promise<void> {
    await this.page.getByRole('radio', { name, exact: true }).click();
  }

  async panel(name: string): Promise<void> {
    await this.page.getByRole('tab', { name, exact: true }).click();
  }

  /** A place of the map by its share of width and height. */
  async at([x, y]: Point): Promise<Point> {
    const box = await this.page.locator('.map').first().boundingBox();
    return [box!.x + x * box!.width, box!.y + y * box!.height];
  }

  /** Clicks far enough apart in time not to be double clicks. */
  async click(...places: readonly Point[]): Promise<void> {
    for (const place of places) {
      await this.page.mouse.click(...(await this.at(place)));
      await this.page.waitForTimeout(320);
    }
  }

  async drag(...places: readonly Point[]): Promise<void> {
    const [first, ...rest] = await Promise.all(places.map((place) => this.at(place)));
    await this.page.mouse.move(...first!);
    await this.page.mouse.down();
    for (const [x, y] of rest) await this.page.mouse.move(x, y, { steps: 4 });
    await this.page.mouse.up();
  }

  /** ROIs of all classes, as the class list counts them. */
  async roiCount(): Promise<number> {
    const text = await this.page.getByRole('grid', { name: 'Class list' }).innerText();
    return [...text.matchAll(/(\d+) ROIs/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async expectRois(count: number): Promise<void> {
    await expect.poll(() => this.roiCount()).toBe(count);
  }

  /** Waits until the map has all its tiles and everything is in the project file. */
  async drawn(): Promise<void> {
    await expect(this.page.locator('.map[data-tiles="done"]').first()).toBeVisible();
    await expect(this.page.getByText('all saved')).toBeVisible();
  }

  /** Opens a file by its path on the host, in the dialog. */
  async openPath(path: string): Promise<void> {
    await this.page.locator('.map').first().focus();
    await this.page.keyboard.press('Control+o');
    await this.page.getByLabel(/^Path, folder/).fill(path);
    await this.page.getByRole('button', { name: 'Open', exact: true }).click();
  }

  /** Messages at the foot of the map. */
  get notices(): Locator {
    return this.page.getByRole('log', { name: 'Messages' }).locator('.notice');
  }

  async dismissAll(): Promise<void> {
    const close = this.page.getByRole('button', { name: 'Close this message' });
    while ((await close.count()) > 0) await close.first().click();
  }

  /** Drops files on the window, as from a file manager. */
  async drop(paths: readonly string[]): Promise<void> {
    const files = paths.map((path) => ({
      name: basename(path),
      bytes: readFileSync(path).toString('base64'),
    }));
    const dataTransfer = await this.page.evaluateHandle((dropped) => {
      const transfer = new DataTransfer();
      for (const { name, bytes } of dropped)
        transfer.items.add(
          new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name),
        );
      return transfer;
    }, files);
    await this.page.locator('.desk').dispatchEvent('drop', { dataTransfer });
  }

  /** A folder can be dropped by the browser itself only. */
  async dropFolder(path: string): Promise<void> {
    const browserItself = await this.page.context().newCDPSession(this.page);
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'dragOver', 'drop'] as const)
      await browserItself.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data });
    await browserItself.detach();
  }

  /** Nothing that axe finds, in the state that is shown now. */
  async expectAccessible(): Promise<void> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    const found = violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map((node) => node.html)
          .join(' | ')
          .slice(0, 300)}`,
    );
    expect(found).toEqual([]);
  }

  /** A report opens in the window, runs nothing, loads nothing, can be printed and is closed again. */
  async expectReport(button: RegExp, text: RegExp): Promise<void> {
    const { page } = this;
    const complained = this.complaints.length;
    await page.getByRole('button', { name: button }).click({ timeout: 120_000 });
    const dialog = page.getByRole('dialog');
    const report = page.frameLocator('iframe.report');
    await expect(report.getByText(text).first()).toBeVisible();
    // Pictures and styles of the report got past its policy.
    await expect(report.locator('img').first()).toHaveJSProperty('complete', true);
    await expect(report.locator('h2').first()).toHaveCSS('font-size', /^20\.\d+px$/);
    await page.screenshot({ path: '.cache/journeys/report in the window.png' });
    await page.locator('iframe.report').evaluate((frame: HTMLIFrameElement) => {
      const script = frame.contentDocument!.createElement('script');
      script.textContent = 'parent.document.title = "owned"';
      frame.contentDocument!.body.append(script);
      // The dialog of the system would hold a browser without a screen for ever.
      frame.contentWindow!.print = () => {
        frame.dataset['printed'] = 'yes';
      };
    });
    expect(await page.title()).not.toBe('owned');
    await dialog.getByRole('button', { name: 'Print…' }).click();
    await expect(page.locator('iframe.report')).toHaveAttribute('data-printed', 'yes');
    expect(this.complaints.slice(complained).filter((text) => !/script/i.test(text))).toEqual([]);
    // axe waits for ever for a frame without scripts; main/services/report has its own test with axe.
    await page.locator('iframe.report').evaluate((frame: HTMLIFrameElement) => {
      frame.removeAttribute('sandbox');
      frame.src = 'about:blank';
    });
    await this.expectAccessible();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await expect(dialog).toBeHidden();
  }
}
