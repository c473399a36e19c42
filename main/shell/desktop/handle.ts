import { ipcMain, type WebContents } from 'electron';
import { AppError } from '../../../app/error.ts';
import { isOwnPage } from './origin.ts';

/**
 * The only way to listen to a page. What does not come from the top frame of one of the window's own pages is refused; `answer` gets
 * the page, never the event.
 */
export function handle(channel: string, answer: (page: WebContents) => void): void {
  ipcMain.handle(channel, ({ sender, senderFrame }) => {
    const isTop = senderFrame !== null && senderFrame === sender.mainFrame;
    if (sender.isDestroyed() || !isTop || !isOwnPage(senderFrame.url))
      throw new AppError(
        'usage',
        `${channel} was refused: it did not come from Prismap's own page.`,
      );
    answer(sender);
  });
}
