import type { ReactElement } from 'react';

export function SpectraPanel(): ReactElement {
  return <p className="empty" />;
}
