// `node scripts/icons.ts`: draws the icons of packages from renderer/public/icon.svg. Run it when the drawing changes; what it writes is
// committed, so that packing needs no browser.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import configuration from '../playwright.config.ts';

const folder = 'resources/icons';
const sizes = [16, 32, 48, 64, 128, 256, 512] as const;
/** Types of Apple's icon file that hold a PNG of that size. */
const appleTypes = { 64: 'ic12', 128: 'ic07', 256: 'ic08', 512: 'ic09' } as const;

const drawing = readFileSync('renderer/public/icon.svg', 'utf8');
const browser = await chromium.launch({ ...configuration.use?.launchOptions });
const pictures = new Map<number, Buffer>();
for (const size of sizes) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body{margin:0}svg{display:block}</style>${drawing}`);
  const picture = await page.screenshot({ omitBackground: true });
  pictures.set(size, picture);
  writeFileSync(join(folder, `${size}x${size}.png`), picture);
  await page.close();
}
await browser.close();
writeFileSync(join(folder, 'icon.ico'), windowsIcon([16, 32, 48, 256]));
writeFileSync(join(folder, 'icon.icns'), appleIcon());

/** ICO: a header, an entry of 16 bytes for each picture, then the PNGs. */
function windowsIcon(chosen: readonly number[]): Buffer {
  const header = Buffer.alloc(6 + 16 * chosen.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(chosen.length, 4);
  let offset = header.length;
  const bodies = chosen.map((size, i) => {
    const picture = pictures.get(size)!;
    const at = 6 + 16 * i;
    // 0 stands for 256.
    header.writeUInt8(size % 256, at);
    header.writeUInt8(size % 256, at + 1);
    header.writeUInt16LE(1, at + 4);
    header.writeUInt16LE(32, at + 6);
    header.writeUInt32LE(picture.length, at + 8);
    header.writeUInt32LE(offset, at + 12);
    offset += picture.length;
    return picture;
  });
  return Buffer.concat([header, ...bodies]);
}

/** ICNS: `icns` and the length, then type, length and PNG of each picture; lengths with their own eight bytes, big-endian. */
function appleIcon(): Buffer {
  const block = (type: string, body: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.write(type, 'latin1');
    head.writeUInt32BE(body.length + 8, 4);
    return Buffer.concat([head, body]);
  };
  const blocks = Object.entries(appleTypes).map(([size, type]) =>
    block(type, pictures.get(Number(size))!),
  );
  return block('icns', Buffer.concat(blocks));
}
