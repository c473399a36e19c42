import type { ReactElement } from 'react';

export function ExportPanel(): ReactElement {
  return <p className="empty" />;
}
