import type { ReactElement } from 'react';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { said, saidOfError, t } from '../../words/translate.ts';
import type { Answer } from '../spectra/useAnswer.ts';

type Findings = DeskOutput<'preflight'>;
type Finding = Findings['findings'][number];
export type Cure = NonNullable<Finding['cure']>;

export const cures: Readonly<Record<Cure, string>> = {
  'skip-bands': 'Leave out bands without information',
  force: 'Map all the same',
  'choose-scene': 'Choose another scene',
  'add-rois': 'Draw more areas',
};

export const levels: Readonly<Record<Finding['level'], readonly [sign: string, word: string]>> = {
  green: ['✓', 'good'],
  amber: ['!', 'note'],
  red: ['✕', 'stops the run'],
};

/** What was found before a run, each with its cure where the desk knows one. */
export function Preflight({
  label,
  answer,
  onCure,
}: {
  readonly label: string;
  readonly answer: Answer<Findings>;
  readonly onCure: (cure: Cure) => void;
}): ReactElement {
  const { value, error, waiting } = answer;
  return (
    <section className="preflight" aria-label={label} aria-busy={waiting}>
      <h3>{label}</h3>
      {error !== undefined && <p className="error-text">{saidOfError(error)}</p>}
      {value === undefined && waiting && <p className="hint">{t('Looking…')}</p>}
      <ul className="plain-list">
        {value?.findings.map((finding) => (
          <FindingLine
            key={`${finding.subject} ${finding.message}`}
            finding={finding}
            onCure={onCure}
          />
        ))}
      </ul>
    </section>
  );
}

function FindingLine({
  finding,
  onCure,
}: {
  readonly finding: Finding;
  readonly onCure: (cure: Cure) => void;
}): ReactElement {
  const { level, subject, cure } = finding;
  const [sign, word] = levels[level];
  return (
    <li className={`finding ${level}`}>
      <span className="sign">
        <span aria-hidden="true">{sign}</span>
        <span className="visually-hidden">{t(word)}: </span>
      </span>
      <span>
        <strong>{t(subject)}</strong> {said(finding)}
      </span>
      {cure !== undefined && (
        <button type="button" onClick={() => onCure(cure)}>
          {t(cures[cure])}
        </button>
      )}
    </li>
  );
}
