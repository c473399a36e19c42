import { type ReactElement, useState } from 'react';
import type { BatchRecipe } from '../../../app/contract/batchRecipe.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { FileField } from '../export/FileField.tsx';
import { Tick } from '../fields.tsx';

/** The recipe as a file that the command line takes too: opened into the form, or written from it. */
export function RecipeFile({
  recipe,
  onOpen,
}: {
  readonly recipe: BatchRecipe;
  readonly onOpen: (recipe: BatchRecipe) => void;
}): ReactElement {
  const { workspace } = useDesk();
  const [path, setPath] = useState('');
  const [overwrite, setOverwrite] = useState(false);
  const read = async (): Promise<void> => {
    onOpen((await workspace.host.call('recipe.read', { path })).recipe);
    workspace.notify(t('The form shows the recipe {path}.', { path }));
  };
  const write = async (): Promise<void> => {
    await workspace.host.call('recipe.write', { path, recipe, overwrite });
    workspace.notify(t('The recipe was written: {path}', { path }));
  };
  const disabled = path === '';
  return (
    <>
      <FileField
        label={t('Recipe file (YAML)')}
        value={path}
        accept={({ name }) => /\.(ya?ml|json)$/i.test(name)}
        onChange={setPath}
      />
      <Tick
        label={t('Write over a file of this name')}
        checked={overwrite}
        onChange={setOverwrite}
      />
      <div className="actions">
        <button
          type="button"
          disabled={disabled}
          onClick={() => void read().catch(workspace.report)}
        >
          {t('Open the recipe')}
        </button>
        <button
          type="button"
          disabled={disabled || recipe.model === ''}
          onClick={() => void write().catch(workspace.report)}
        >
          {t('Save the recipe')}
        </button>
      </div>
    </>
  );
}
