import type { ReactElement } from 'react';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { t } from '../../words/translate.ts';
import type { Answer } from '../spectra/useAnswer.ts';

type Findings = DeskOutput<'preflight'>;
type Finding = Findings['findings'][number];
export type Cure = NonNullable<Finding['cure']>['kind'];

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
      {error !== undefined && <p className="error-text">{error.message}</p>}
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
  finding: { level, subject, message, cure },
  onCure,
}: {
  readonly finding: Finding;
  readonly onCure: (cure: Cure) => void;
}): ReactElement {
  const [sign, word] = levels[level];
  return (
    <li className={`finding ${level}`}>
      <span className="sign">
        <span aria-hidden="true">{sign}</span>
        <span className="visually-hidden">{t(word)}: </span>
      </span>
      <span>
        <strong>{subject}</strong> {message}
      </span>
      {cure !== undefined && (
        <button type="button" onClick={() => onCure(cure.kind)}>
          {cure.label}
        </button>
      )}
    </li>
  );
}
