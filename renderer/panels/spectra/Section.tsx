import { type ReactElement, type ReactNode, useState } from 'react';

/** A part of a panel that can be folded; what is folded asks the host for nothing. */
export function Section({
  title,
  open = false,
  children,
}: {
  readonly title: string;
  readonly open?: boolean;
  readonly children: ReactNode;
}): ReactElement {
  const [isOpen, setOpen] = useState(open);
  return (
    <details
      className="section"
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>{title}</summary>
      {isOpen && <div className="section-body">{children}</div>}
    </details>
  );
}
