import { app, type Session } from 'electron';
import { isOwnPage } from './origin.ts';

/** Refuses every permission, whether asked for or only looked up, but one: the own page may put text on the clipboard. */
export function guardSession(session: Session): void {
  const may = (permission: string, page: string): boolean =>
    permission === 'clipboard-sanitized-write' && isOwnPage(page);
  session.setPermissionRequestHandler((_, permission, answer, { requestingUrl }) =>
    answer(may(permission, requestingUrl)),
  );
  session.setPermissionCheckHandler((_, permission, origin) => may(permission, origin));
  session.setDevicePermissionHandler(() => false);
}

/** No page leaves the window's own pages, opens another window or embeds one. For every page there will be. */
export function guardPages(): void {
  app.on('web-contents-created', (_, contents) => {
    contents.on('will-navigate', stay);
    contents.on('will-frame-navigate', stay);
    contents.on('will-redirect', stay);
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

function stay(event: { readonly url: string; preventDefault(): void }): void {
  if (!isOwnPage(event.url)) event.preventDefault();
}
