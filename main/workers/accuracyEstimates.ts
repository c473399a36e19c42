import type { DeskArguments, DeskOutput } from '../../app/contract/deskApi.ts';
import type { AreaAdjusted } from '../../app/learn/metricsArea.ts';
import { type LabelledPoint, stratifiedAccuracy } from '../../app/learn/stratifiedAccuracy.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import type { Evaluation } from './evaluate.ts';

/** Points with the map's class at each, and what they were drawn from. */
export type Sample = {
  readonly input: DeskArguments<'accuracy.assess'>;
  readonly points: readonly (DeskArguments<'accuracy.assess'>['points'][number] & {
    readonly map: number;
  })[];
  readonly classes: ClassScheme;
  /** Pixels of each class in the map. */
  readonly mapped: readonly number[];
};

/** Estimates for the whole map, areas in pixels; says in `warnings` why there are none. */
export function estimate(sample: Sample, warnings: string[]): AreaAdjusted | undefined {
  const { input, points, classes, mapped } = sample;
  const index = new Map(classes.map(({ value }, i) => [value, i]));
  const drawnElsewhere = points.some(({ stratum, map }) => stratum !== map);
  if (input.design === 'random' || !drawnElsewhere) {
    const own = points.map(({ map, label }) => ({
      stratum: index.get(map)!,
      map: index.get(map)!,
      reference: index.get(label)!,
    }));
    return checked(own, { sizes: mapped, values: classes, mapped }, warnings);
  }
  if (input.strata === undefined) {
    warnings.push(
      'The points were drawn from another map, whose class sizes are not known: there are no area-adjusted figures. Draw new points from this map.',
    );
    return undefined;
  }
  const strata = input.strata.map(({ value }) => value);
  const labelled = points.map(({ stratum, map, label }) => ({
    stratum: strata.indexOf(stratum),
    map: index.get(map)!,
    reference: index.get(label)!,
  }));
  const named = strata.map((value) => ({
    value,
    name: classes.find((landClass) => landClass.value === value)?.name ?? `Class ${value}`,
  }));
  const sizes = input.strata.map(({ pixels }) => pixels);
  return checked(labelled, { sizes, values: named, mapped }, warnings);
}

function checked(
  points: readonly LabelledPoint[],
  strata: {
    readonly sizes: readonly number[];
    readonly values: readonly { readonly name: string }[];
    readonly mapped: readonly number[];
  },
  warnings: string[],
): AreaAdjusted | undefined {
  const counts = strata.sizes.map(
    (_, stratum) => points.filter((point) => point.stratum === stratum).length,
  );
  const thin = strata.values.filter((_, i) => strata.sizes[i]! > 0 && counts[i]! < 2);
  if (thin.length === 0) return stratifiedAccuracy(points, strata.sizes, strata.mapped);
  const names = thin.map(({ name }) => name).join(', ');
  warnings.push(
    `Area-adjusted figures need two labelled points in every class of the map; these have fewer: ${names}. Label more.`,
  );
  return undefined;
}

type Adjusted = NonNullable<DeskOutput<'accuracy.assess'>['adjusted']>;

export function adjustedOf(
  estimated: AreaAdjusted | undefined,
  classes: ClassScheme,
  hectares: number | undefined,
): Adjusted | undefined {
  if (estimated === undefined) return undefined;
  const total = estimated.perClass.reduce((sum, { area }) => sum + area.value, 0);
  type Figure = Adjusted['oa'];
  const figure = (
    estimate: { readonly value: number; readonly margin: number | undefined } | undefined,
    unit = 1,
  ): Figure | undefined =>
    estimate?.margin === undefined
      ? undefined
      : { value: estimate.value * unit, confidence95: estimate.margin * unit };
  return {
    oa: figure(estimated.oa)!,
    classes: estimated.perClass.map(({ area, users, producers }, k) => {
      const entries = Object.entries({
        users: figure(users),
        producers: figure(producers),
        hectares: hectares === undefined ? undefined : figure(area, hectares),
      }).filter(([, value]) => value !== undefined);
      return {
        name: classes[k]!.name,
        share: figure(area, 1 / total)!,
        ...(Object.fromEntries(entries) as Pick<
          Adjusted['classes'][number],
          'users' | 'producers' | 'hectares'
        >),
      };
    }),
  };
}

export function areaRows(
  estimated: AreaAdjusted | undefined,
  classes: ClassScheme,
  hectares: number | undefined,
): Pick<Evaluation, 'areaAdjusted'> {
  if (estimated === undefined || hectares === undefined) return {};
  return {
    areaAdjusted: estimated.perClass.map(({ area }, k) => ({
      class: classes[k]!.name,
      hectares: area.value * hectares,
      confidence95: area.margin! * hectares,
    })),
  };
}

export function inHectares({ oa, perClass }: AreaAdjusted, hectares: number): AreaAdjusted {
  return {
    oa,
    perClass: perClass.map((figures) => ({
      ...figures,
      mapped: figures.mapped * hectares,
      area: {
        value: figures.area.value * hectares,
        margin: figures.area.margin! * hectares,
      },
    })),
  };
}
