// Entry of the desktop application.
import { startDesktop } from './shell/desktop/startDesktop.ts';

startDesktop();
