import type { ReactElement } from 'react';

export function Dialogs(): ReactElement | null {
  return null;
}
