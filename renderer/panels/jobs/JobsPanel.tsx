import type { ReactElement } from 'react';

export function JobsPanel(): ReactElement {
  return <p className="empty" />;
}
