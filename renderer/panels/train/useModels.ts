import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { percent } from '../jobs/figures.ts';
import { useAnswer } from '../spectra/useAnswer.ts';

export type Model = DeskOutput<'model.list'>['models'][number];

/** Models that can map or be trained on; looked for anew whenever a training ends or another project is opened. */
export function useModels(): readonly Model[] {
  const { workspace } = useDesk();
  const folder = useWorkspace((state) => state.project?.folder);
  const trained = useWorkspace(
    ({ jobs }) => jobs.filter(({ kind, state }) => kind === 'train' && state === 'done').length,
  );
  const { value } = useAnswer(
    folder === undefined ? undefined : `${folder} ${trained}`,
    (signal) => workspace.host.call('model.list', {}, signal),
    0,
  );
  return value?.models ?? [];
}

/** `SpectralMamba (re-implementation) · 10 bands · OA 93.1 %`. */
export function modelLabel({ title, name, bands, figures }: Model): string {
  const oa = figures['oa'];
  const accuracy = oa === undefined ? '' : ` · OA ${percent(oa)}`;
  return `${name} · ${title} · ${t('{count} bands', { count: bands })}${accuracy}`;
}
