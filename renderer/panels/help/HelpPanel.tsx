import { type ReactElement, useState } from 'react';
import { Button } from 'react-aria-components';
import { commandById } from '../../actions/table.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { WrittenFiles } from '../export/WrittenFiles.tsx';
import { Select } from '../fields.tsx';
import { topics } from './topics.ts';

/** A page of help for each panel. */
export function HelpPanel(): ReactElement {
  const desk = useDesk();
  const [topic, setTopic] = useState('map');
  const page = topics[topic]!;
  return (
    <div className="form">
      <Select
        label={t('Help on')}
        value={topic}
        options={Object.entries(topics).map(([key, { title }]) => [key, t(title)] as const)}
        onChange={setTopic}
      />
      <h2>{t(page.title)}</h2>
      {page.lines.map((line) => (
        <p key={line} className="help-line">
          {t(line)}
        </p>
      ))}
      <Button className="text-button" onPress={() => commandById('help.shortcuts').run(desk)}>
        {t('Keyboard shortcuts')}
      </Button>
      <Diagnostics />
    </div>
  );
}

/** An archive for whoever is to find out why something went wrong. */
function Diagnostics(): ReactElement {
  const { workspace } = useDesk();
  const [state, setState] = useState<'idle' | 'writing'>('idle');
  const [file, setFile] = useState<string>();
  const write = async (): Promise<void> => {
    setState('writing');
    try {
      setFile((await workspace.host.call('diagnostics.write', {})).file);
    } catch (error) {
      workspace.report(error);
    } finally {
      setState('idle');
    }
  };
  return (
    <>
      <h2>{t('Something went wrong?')}</h2>
      <p className="help-line">
        {t(
          'An archive with the versions, the engine and the log helps to find the cause. It holds no pixels, no names or paths of files, no classes and no messages.',
        )}
      </p>
      <Button className="text-button" isDisabled={state === 'writing'} onPress={() => void write()}>
        {state === 'writing' ? t('Writing…') : t('Write diagnostics')}
      </Button>
      <WrittenFiles files={file === undefined ? [] : [file]} />
    </>
  );
}
