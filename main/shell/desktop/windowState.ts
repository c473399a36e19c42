import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type BrowserWindow, screen } from 'electron';
import { z } from 'zod';

const whole = z.int();
const schema = z.object({
  bounds: z.object({ x: whole, y: whole, width: whole.min(200), height: whole.min(200) }),
  maximised: z.boolean(),
});

export type WindowState = z.infer<typeof schema>;

/** Where the window was; undefined at the first start, where the file is damaged, and where that screen is gone. */
export function readWindowState(path: string): WindowState | undefined {
  try {
    const state = schema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return screen.getAllDisplays().some(({ workArea }) => overlap(workArea, state.bounds))
      ? state
      : undefined;
  } catch {
    // Not worth a word: the window opens where a new one does.
    return undefined;
  }
}

/** Keeps where `window` is whenever it closes. */
export function keepWindowState(window: BrowserWindow, path: string): void {
  window.on('close', () => {
    const state: WindowState = {
      bounds: window.getNormalBounds(),
      maximised: window.isMaximized(),
    };
    writeFileSync(`${path}.part`, JSON.stringify(state));
    renameSync(`${path}.part`, path);
  });
}

type Rectangle = WindowState['bounds'];

/** Enough of the window is on the screen to take hold of it. */
function overlap(a: Rectangle, b: Rectangle): boolean {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return across >= 100 && down >= 100;
}
