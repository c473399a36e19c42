import type { ReactElement } from 'react';
import {
  Button,
  Label,
  Slider,
  SliderOutput,
  SliderThumb,
  SliderTrack,
  ToggleButton,
  ToggleButtonGroup,
  Tooltip,
  TooltipTrigger,
} from 'react-aria-components';
import { keyLabel } from '../actions/keys.ts';
import { commandById, keysOf } from '../actions/table.ts';
import { useStore } from '../state/store.ts';
import { viewStore } from '../state/view.ts';
import type { ToolName } from '../state/workspaceState.ts';
import { t } from '../words/translate.ts';
import { useDesk, useWorkspace } from './context.ts';
import { Icon, type IconName } from './icons.tsx';

const tools: readonly ToolName[] = [
  'pan',
  'select',
  'polygon',
  'rectangle',
  'circle',
  'freehand',
  'brush',
  'eraser',
  'wand',
  'vertices',
  'hole',
  'split',
];

/** Name and keys of a command, as its tooltip shows them. */
function hint(id: string): string {
  const command = commandById(id);
  const keys = keysOf(command).map(keyLabel);
  return keys.length === 0 ? t(command.label) : `${t(command.label)} (${keys.join(', ')})`;
}

/** A button that runs a command. */
export function CommandButton({
  id,
  icon,
  detail,
  isDisabled = false,
}: {
  readonly id: string;
  readonly icon: IconName;
  /** What it would do now, for its tooltip. */
  readonly detail?: string | undefined;
  readonly isDisabled?: boolean;
}): ReactElement {
  const desk = useDesk();
  const command = commandById(id);
  return (
    <TooltipTrigger delay={500}>
      <Button
        className="icon-button"
        aria-label={t(command.label)}
        isDisabled={isDisabled}
        onPress={() => command.run(desk)}
      >
        <Icon name={icon} />
      </Button>
      <Tooltip className="tooltip">
        {hint(id)}
        {detail !== undefined && <small>{detail}</small>}
      </Tooltip>
    </TooltipTrigger>
  );
}

export function Toolbar(): ReactElement {
  const { workspace } = useDesk();
  const tool = useWorkspace((state) => state.tool);
  const undo = useWorkspace((state) => state.undo);
  const redo = useWorkspace((state) => state.redo);
  return (
    <div className="toolbar" role="toolbar" aria-label={t('Tools')}>
      <CommandButton
        id="edit.undo"
        icon="undo"
        detail={undo.at(-1)?.label}
        isDisabled={undo.length === 0}
      />
      <CommandButton
        id="edit.redo"
        icon="redo"
        detail={redo.at(-1)?.label}
        isDisabled={redo.length === 0}
      />
      <span className="gap" />
      <ToggleButtonGroup
        aria-label={t('Map tools')}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[tool]}
        onSelectionChange={(keys) => {
          const [next] = [...keys];
          if (next !== undefined) workspace.store.set({ tool: next as ToolName });
        }}
        className="tools"
      >
        {tools.map((name) => (
          <TooltipTrigger key={name} delay={500}>
            <ToggleButton
              id={name}
              className="icon-button"
              aria-label={t(commandById(`tool.${name}`).label)}
            >
              <Icon name={name} />
            </ToggleButton>
            <Tooltip className="tooltip">{hint(`tool.${name}`)}</Tooltip>
          </TooltipTrigger>
        ))}
      </ToggleButtonGroup>
      <span className="gap" />
      <ToolOptions tool={tool} />
    </div>
  );
}

function ToolOptions({ tool }: { readonly tool: ToolName }): ReactElement | null {
  const view = useStore(viewStore, (state) => state);
  if (tool === 'brush' || tool === 'eraser')
    return (
      <ToolSlider
        label={t('Brush size, pixels of the screen')}
        value={view.brushSize}
        range={[2, 400]}
        onChange={(brushSize) => viewStore.set({ brushSize })}
      />
    );
  if (tool === 'wand')
    return (
      <>
        <ToolSlider
          label={t('Tolerance, standard deviations')}
          value={view.wandTolerance}
          range={[0.1, 12]}
          step={0.1}
          onChange={(wandTolerance) => viewStore.set({ wandTolerance })}
        />
        <ToolNumber
          label={t('Least pixels')}
          value={view.wandMinPixels}
          onChange={(wandMinPixels) => viewStore.set({ wandMinPixels })}
        />
        <ToolNumber
          label={t('Most pixels')}
          value={view.wandMaxPixels}
          onChange={(wandMaxPixels) => viewStore.set({ wandMaxPixels })}
        />
      </>
    );
  if (tool === 'pan' || tool === 'select' || tool === 'label') return null;
  return (
    <>
      <ToggleButton
        className="text-toggle"
        isSelected={view.snapping}
        onChange={(snapping) => viewStore.set({ snapping })}
      >
        {t('Snapping')}
      </ToggleButton>
      <ToggleButton
        className="text-toggle"
        isSelected={view.avoidOverlap}
        onChange={(avoidOverlap) => viewStore.set({ avoidOverlap })}
      >
        {t('Avoid overlap')}
      </ToggleButton>
    </>
  );
}

function ToolSlider({
  label,
  value,
  range: [least, most],
  step = 1,
  onChange,
}: {
  readonly label: string;
  readonly value: number;
  readonly range: readonly [number, number];
  readonly step?: number;
  readonly onChange: (value: number) => void;
}): ReactElement {
  return (
    <Slider
      className="slider"
      minValue={least}
      maxValue={most}
      step={step}
      value={value}
      onChange={(next) => onChange(next)}
    >
      <Label>{label}</Label>
      <SliderTrack className="slider-track">
        <SliderThumb className="slider-thumb" />
      </SliderTrack>
      <SliderOutput />
    </Slider>
  );
}

function ToolNumber({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}): ReactElement {
  return (
    <label className="inline-field">
      {label}
      <input
        type="number"
        min={1}
        max={4_000_000}
        value={value}
        onChange={(event) => onChange(Math.max(1, Math.round(Number(event.target.value)) || 1))}
      />
    </label>
  );
}
