import type { ReactElement } from 'react';

export function SettingsPanel(): ReactElement {
  return <p className="empty" />;
}
