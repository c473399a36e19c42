import type { ReactElement, ReactNode } from 'react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { Icon } from '../icons.tsx';

/** A dialog with a title; Escape and a click beside it close it. */
export function Frame({
  title,
  children,
  className = '',
  onClose,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly className?: string;
  /** For a dialog that is none of the workspace's. */
  readonly onClose?: () => void;
}): ReactElement {
  const { workspace } = useDesk();
  const close = onClose ?? ((): void => workspace.store.set({ dialog: 'none' }));
  return (
    <ModalOverlay
      className="overlay"
      isOpen
      isDismissable
      onOpenChange={(open) => {
        if (!open) close();
      }}
    >
      <Modal className={`modal ${className}`}>
        <Dialog className="dialog">
          <header>
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <Button className="icon-button small" aria-label={t('Close')} onPress={close}>
              <Icon name="close" />
            </Button>
          </header>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
