// The served mode as a program: how it starts, that nothing is lost when it ends and comes back, and dropped files.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@playwright/test';
import { encode } from 'fast-png';
import { DeskPage, newDeskPage } from './deskPage.ts';
import { prismap, prismapJson } from './prismap.ts';
import { serve } from './served.ts';

const dataFolder = mkdtempSync(join(tmpdir(), 'prismap-served-'));
test.afterAll(() => rmSync(dataFolder, { recursive: true, force: true }));

test.describe('the command', () => {
  test('says how it is used, and what was wrong', async () => {
    expect(await prismap(['serve', '--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('--folder DIR'),
    });
    for (const words of [['--port', 'x'], ['--port', '70000'], ['--colour'], ['word']]) {
      const { code, errors } = await prismap(['serve', ...words]);
      expect([code, errors]).toEqual([
        2,
        expect.stringMatching(/^error \(usage\): .*(--port|--colour|word)/),
      ]);
    }
  });

  test('listens on 127.0.0.1 alone, keeps its data to its user, and ends with status 0', async () => {
    const served = await serve();
    expect(new URL(served.url).hostname).toBe('127.0.0.1');
    expect(served.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/);
    expect(statSync(join(served.dataFolder, 'uploads')).mode & 0o077).toBe(0);
    const { port } = new URL(served.url);
    await expect(fetch(`http://[::1]:${port}/`)).rejects.toThrow();
    const other = await prismap(['serve', '--port', port]);
    expect(other.errors).toContain('another program has it');
    expect(await served.stop()).toBe(0);
  });
});

test('nothing is lost when the program is killed and started again', async ({ browser }) => {
  const first = await serve({ dataFolder });
  const { port } = new URL(first.url);
  const desk = await newDeskPage(browser);
  await desk.open(first.url);
  await desk.openSample();
  const rows = desk.page.getByRole('treegrid', { name: 'Layer tree' }).getByRole('row');
  const layers = await rows.count();
  first.kill('SIGKILL');
  await expect(desk.page.getByText('connection lost, trying again…')).toBeVisible();

  // Edits go on, and wait.
  await desk
    .layer(/^Sample scene/)
    .first()
    .click();
  await desk.command('Duplicate the layer');
  await expect(rows).toHaveCount(layers + 1);

  const second = await serve({ dataFolder, words: ['--port', port] });
  await expect(desk.page.getByText('This window has no key')).toBeVisible();
  await desk.page.goto(second.url);
  await expect(desk.page.getByText('all saved')).toBeVisible();
  await expect(rows).toHaveCount(layers + 1);

  // It is in the file: another window sees it.
  const other = await newDeskPage(browser);
  await other.open(await second.nextUrl());
  await expect(
    other.page.getByRole('treegrid', { name: 'Layer tree' }).getByRole('row'),
  ).toHaveCount(layers + 1);
  await other.page.context().close();
  await desk.page.context().close();
  await second.stop();
});

test('a dropped scene is copied with its companion and opened', async ({ browser }) => {
  const served = await serve();
  const folder = mkdtempSync(join(tmpdir(), 'prismap-drop-'));
  const { scene } = await prismapJson(['sample', folder, '--size', '64', '--quiet']);
  const companion = join(folder, 'scene.tif.aux.xml');
  writeFileSync(companion, '<PAMDataset/>');
  const desk = new DeskPage(await browser.newPage());
  await desk.open(served.url);
  const files = [scene as string, companion].map((path) => ({
    name: basename(path),
    bytes: readFileSync(path).toString('base64'),
  }));
  const dataTransfer = await desk.page.evaluateHandle((dropped) => {
    const transfer = new DataTransfer();
    for (const { name, bytes } of dropped)
      transfer.items.add(
        new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name),
      );
    return transfer;
  }, files);
  await desk.page.locator('.desk').dispatchEvent('drop', { dataTransfer });
  await expect(desk.layer(/^scene/)).toBeVisible();
  await desk.drawn();
  const [group] = readdirSync(join(served.dataFolder, 'uploads'));
  expect(readdirSync(join(served.dataFolder, 'uploads', group!))).toEqual([
    'scene.tif',
    'scene.tif.aux.xml',
  ]);
  await desk.page.close();
  await served.stop();
  rmSync(folder, { recursive: true });
});

test('a dropped folder that is one scene keeps its shape', async ({ browser }) => {
  const served = await serve();
  const folder = join(mkdtempSync(join(tmpdir(), 'prismap-drop-')), 'bands of one day');
  mkdirSync(folder);
  for (const [band, value] of [
    ['B03', 40],
    ['B04', 90],
    ['B08', 200],
  ] as const) {
    const data = new Uint8Array(64 * 64).fill(value);
    writeFileSync(
      join(folder, `${band}.png`),
      encode({ width: 64, height: 64, data, channels: 1 }),
    );
  }
  const desk = new DeskPage(await browser.newPage());
  await desk.open(served.url);
  // A folder can be dropped by the browser itself only.
  const browserItself = await desk.page.context().newCDPSession(desk.page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'dragOver', 'drop'] as const)
    await browserItself.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data });
  await expect(desk.layer(/^bands of one day/)).toBeVisible();
  await desk.drawn();
  const uploads = join(served.dataFolder, 'uploads');
  const [group] = readdirSync(uploads);
  expect(readdirSync(join(uploads, group!, 'bands of one day'))).toEqual([
    'B03.png',
    'B04.png',
    'B08.png',
  ]);
  await desk.page.close();
  await served.stop();
  rmSync(dirname(folder), { recursive: true });
});
