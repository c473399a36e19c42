// The desktop application: its main program, preload and window. Over the stand-in everywhere, in Electron itself where that is.
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { DeskPage } from './deskPage.ts';
import {
  type Desktop,
  type Launch,
  launchElectron,
  launchStandIn,
  whyNoElectron,
} from './desktopShells.ts';
import { prismapJson } from './prismap.ts';

const shells: readonly (readonly [name: string, launch: Launch, skipped: string | undefined])[] = [
  ['stand-in', launchStandIn, undefined],
  ['Electron', launchElectron, whyNoElectron()],
];

type Call = (name: string, input: unknown) => Promise<Record<string, unknown>>;

/** Loads the page anew and from then on counts the ports that it gets: the window's own is the first. */
async function countPorts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const counted = globalThis as unknown as { ports: number };
    counted.ports = 0;
    window.addEventListener('message', ({ data }) => {
      if (data === 'prismap-port') counted.ports += 1;
    });
  });
  await page.reload();
}

/** A further port of the page, by the same way as the window's own: calls, and the events that came. */
async function speak(page: Page): Promise<{ call: Call; events: () => Promise<unknown[]> }> {
  await page.waitForFunction(() => (globalThis as unknown as { ports: number }).ports > 0);
  await page.evaluate(async () => {
    const bridge = (globalThis as unknown as { prismap: { connect(): void } }).prismap;
    const port = await new Promise<MessagePort>((resolve) => {
      window.addEventListener('message', function receive(event) {
        if (event.data !== 'prismap-port') return;
        window.removeEventListener('message', receive);
        resolve(event.ports[0]!);
      });
      bridge.connect();
    });
    const events: unknown[] = [];
    const waiting = new Map<number, (message: Record<string, unknown>) => void>();
    port.onmessage = ({ data }: MessageEvent<Record<string, unknown>>) => {
      if (data['kind'] === 'event') events.push(data['event']);
      else waiting.get(data['id'] as number)?.(data);
    };
    let id = 0;
    const call = (name: string, input: unknown): Promise<unknown> =>
      new Promise((resolve, reject) => {
        id += 1;
        waiting.set(id, (message) => {
          if (message['kind'] === 'result') resolve(message['value']);
          else reject(new Error(JSON.stringify(message['error'])));
        });
        port.postMessage({ kind: 'call', id, name, input });
      });
    Object.assign(globalThis, { testCall: call, testEvents: events });
  });
  return {
    call: (name, input) =>
      page.evaluate(
        ([wanted, given]) =>
          (globalThis as unknown as { testCall: Call }).testCall(wanted as string, given),
        [name, input],
      ),
    events: () =>
      page.evaluate(() => (globalThis as unknown as { testEvents: unknown[] }).testEvents),
  };
}

for (const [name, launch, reason] of shells)
  test.describe(`desktop, ${name}`, () => {
    test.skip(reason !== undefined, reason);
    let desktop: Desktop;

    test.beforeAll(async () => {
      desktop = await launch();
      await countPorts(desktop.page);
    });
    test.afterAll(async () => {
      if (desktop !== undefined) expect(await desktop.quit()).toBe(0);
    });

    test('shows the window, with nothing of Electron in it but two functions', async () => {
      const { page } = desktop;
      await expect(page).toHaveTitle(/Prismap/);
      const found = await page.evaluate(() => ({
        bridge: Object.keys((globalThis as unknown as { prismap: object }).prismap),
        require: typeof (globalThis as { require?: unknown }).require,
        process: typeof (globalThis as { process?: unknown }).process,
      }));
      expect(found).toEqual({
        bridge: ['connect', 'pathOf'],
        require: 'undefined',
        process: 'undefined',
      });
    });

    test('makes a sample, opens it and shows a tile: compute, scenes and tiles', async () => {
      const { call } = await speak(desktop.page);
      const project = (await call('project.sample', { kind: 'hyperspectral' })) as {
        tables: { layers: { uri?: string }[] };
      };
      const uri = JSON.stringify(project.tables.layers).match(/"([^"]+\.tif)"/)?.[1];
      expect(existsSync(uri ?? '')).toBe(true);
      const scene = (await call('scene.open', { uri })) as { scene: string; stamp: string };
      const tile = await desktop.page.evaluate(async ({ scene: id, stamp }) => {
        const response = await fetch(
          `/tiles/${id}/0/0/0?bands=0,1,2&stamp=${encodeURIComponent(stamp)}`,
        );
        const bytes = await response.arrayBuffer();
        return [response.status, response.headers.get('x-sample-type'), bytes.byteLength];
      }, scene);
      // Three bands of two bytes and a mask.
      expect(tile[0]).toBe(200);
      expect(tile[1]).toMatch(/^(u?int16|float32)$/);
      const bytesPerPixel = tile[1] === 'float32' ? 13 : 7;
      expect((tile[2] as number) % bytesPerPixel).toBe(0);
    });

    test('a menu speaks to the window; a second start hands its files over', async () => {
      const { events } = await speak(desktop.page);
      await desktop.menu('Zoom in');
      await expect.poll(events).toContainEqual({ kind: 'command', command: 'view.in' });
      const file = join(desktop.dataFolder, 'given by hand.tif');
      writeFileSync(file, '');
      await desktop.startAgain([file]);
      await expect.poll(events).toContainEqual({ kind: 'open', path: file });
    });

    test('projects that were saved are among the recent files', async () => {
      const { call } = await speak(desktop.page);
      const path = join(desktop.dataFolder, 'mine.gpkg');
      await call('project.saveAs', { path });
      expect(await desktop.recent()).toContain(path);
    });

    test('no page leads away, opens a window or embeds another', async () => {
      const { page } = desktop;
      const before = page.url();
      const pages = page.context().pages().length;
      await page.evaluate(() => {
        window.open('https://evil.example/');
        const frame = document.createElement('iframe');
        frame.src = 'https://evil.example/';
        document.body.append(frame);
        location.href = 'https://evil.example/';
      });
      await page.waitForTimeout(1000);
      expect([page.url(), page.context().pages().length]).toEqual([before, pages]);
      expect(await page.title()).toMatch(/Prismap/);
    });

    test('menus open what the window has; a scene that the system gives becomes a layer', async () => {
      const desk = new DeskPage(desktop.page);
      await desktop.menu('Save project as…');
      await expect(desktop.page.getByRole('dialog')).toBeVisible();
      await desktop.page.keyboard.press('Escape');
      await expect(desktop.page.getByRole('dialog')).toBeHidden();
      const folder = join(desktop.dataFolder, 'given');
      const { scene } = await prismapJson(['sample', folder, '--size', '64', '--quiet']);
      const given = join(desktop.dataFolder, 'given scene.tif');
      copyFileSync(scene as string, given);
      await desktop.startAgain([given]);
      await expect(desk.layer(/^given scene/)).toBeVisible();
    });

    test('the main job: sample, training, map', async () => {
      const desk = new DeskPage(desktop.page);
      await desktop.menu('New project');
      await expect(desk.layer(/^given scene/)).toBeHidden();
      await desk.openSample();
      await desk.panel('Train');
      await desktop.page.getByLabel('Recipe', { exact: true }).selectOption('paper');
      await desktop.page.getByLabel('Epochs as the recipe says').uncheck();
      const epochs = desktop.page.getByRole('spinbutton', { name: /epochs/i });
      await epochs.fill('3');
      await epochs.press('Enter');
      await desktop.page.getByRole('button', { name: 'Train', exact: true }).click();
      await expect(desktop.page.getByText(/: done\.$/)).toBeVisible({ timeout: 180_000 });
      await desk.command('Map the whole scene');
      await expect(desk.layer(/^Map /)).toBeVisible({ timeout: 180_000 });
      await desk.drawn();
    });

    test('the map is held against a reference, and its report is read', async () => {
      const desk = new DeskPage(desktop.page);
      await desk.panel('Accuracy');
      const panel = desktop.page.getByRole('tabpanel', { name: 'Accuracy' });
      await panel.getByText('Against a reference file').click();
      const reference = join(desktop.dataFolder, 'samples', 'sentinel2', 'reference.tif');
      await panel.getByLabel(/^Reference: /).fill(reference);
      await panel.getByRole('button', { name: 'Evaluate', exact: true }).click();
      await desk.panel('Jobs');
      await desk.expectReport(/^Open report: Accuracy of /, /How far to trust this map/);
    });

    test('a reload comes back to the same desk', async () => {
      const { page } = desktop;
      await page.reload();
      await expect(new DeskPage(page).layer(/^Map /)).toBeVisible();
    });
  });
