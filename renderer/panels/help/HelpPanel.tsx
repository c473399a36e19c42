import { type ReactElement, useState } from 'react';
import { Button } from 'react-aria-components';
import { commandById } from '../../actions/table.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
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
    </div>
  );
}
