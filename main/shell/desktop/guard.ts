import { app, type Session } from 'electron';
import { isOwnPage } from './origin.ts';

/** A page asks for nothing of the system: every permission is refused, whether asked for or only looked up. */
export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
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
