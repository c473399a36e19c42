import type { ReactElement } from 'react';

export function AccuracyPanel(): ReactElement {
  return <p className="empty" />;
}
