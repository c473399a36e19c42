// What `npm run bench:accuracy` measures: sets, splits, settings, and the figures that an independent PyTorch program and
// scikit-learn reached on the very same splits (three seeds; SVM with C and gamma by 3-fold cross-validation, 500 trees).
import { createRandom } from '../app/random.ts';
import { type DataSet, enmap, houston, jasper, storedSplit, trainAndRest } from './accuracyData.ts';

/** OA and AA in per cent; `spread` is the standard deviation of OA over seeds. */
export type Reference = {
  readonly oa: number;
  readonly aa?: number;
  readonly kappa?: number;
  readonly spread?: number;
};

export type Split = {
  readonly train: Int32Array;
  /** Chooses the epoch; empty = all epochs. */
  readonly validation: Int32Array;
  readonly test: Int32Array;
};

export type Task = {
  readonly name: string;
  readonly data: () => Promise<DataSet>;
  readonly split: (data: DataSet) => Split;
  readonly patch: 1 | 3;
  /** Whether training and test lie apart: then folds inside the training part keep regions and tiles together. */
  readonly apart: boolean;
  /** Differs from another task in the paper's network only. */
  readonly paperOnly?: boolean;
  /** How the reference program trained the paper's network. */
  readonly paper: { readonly pieces: number; readonly epochs: number };
  readonly reference: {
    readonly paper: Reference;
    readonly svm?: Reference;
    readonly forest?: Reference;
  };
};

const stored =
  (name: string) =>
  (data: DataSet): Split => ({
    ...storedSplit(name, data.labels.length),
    validation: new Int32Array(),
  });

/** The tiles as the authors of the set dealt them out. */
function tiles({ parts, labels }: DataSet): Split {
  const all = Int32Array.from({ length: labels.length }, (_, i) => i);
  const [train, validation, test] = [0, 1, 2].map((part) => all.filter((i) => parts![i] === part));
  return { train: train!, validation: validation!, test: test! };
}

/** A tenth of the samples, drawn by us: the reference's own draw is not stored. */
function tenth({ labels }: DataSet): Split {
  const order = createRandom(0, 'a tenth').shuffle(
    Int32Array.from({ length: labels.length }, (_, i) => i),
  );
  const train = order.slice(0, labels.length / 10).sort();
  return { ...trainAndRest(train, labels.length), validation: new Int32Array() };
}

type Origin = Pick<Task, 'data' | 'split' | 'apart'>;

const houstonRandom: Origin = { data: houston, split: stored('houston_random10'), apart: false };
const enmapRandom: Origin = { data: enmap, split: stored('enmap_random10'), apart: false };
const jasperRandom: Origin = { data: jasper, split: stored('jasper_random1'), apart: false };

export const tasks: readonly Task[] = [
  {
    name: 'Houston2013, random 10 %',
    ...houstonRandom,
    patch: 1,
    paper: { pieces: 8, epochs: 200 },
    reference: {
      paper: { oa: 86.71, aa: 86.77, kappa: 0.858, spread: 0.15 },
      svm: { oa: 86.74, aa: 86.77, kappa: 0.858 },
      forest: { oa: 80.54, aa: 80.59, kappa: 0.791 },
    },
  },
  {
    name: 'Houston2013, random 10 %, 4 pieces',
    ...houstonRandom,
    paperOnly: true,
    patch: 1,
    paper: { pieces: 4, epochs: 200 },
    reference: { paper: { oa: 84.91, aa: 84.97, kappa: 0.838, spread: 0.77 } },
  },
  {
    name: 'Houston2013, regions apart',
    data: houston,
    split: stored('houston_roi'),
    apart: true,
    patch: 1,
    paper: { pieces: 8, epochs: 100 },
    reference: {
      paper: { oa: 80.21, aa: 79.94, kappa: 0.788, spread: 1.68 },
      svm: { oa: 80.13, aa: 78.34, kappa: 0.787 },
      forest: { oa: 73.4, aa: 74.11, kappa: 0.715 },
    },
  },
  {
    name: 'EnMAP Potsdam, random 10 %',
    ...enmapRandom,
    patch: 1,
    paper: { pieces: 8, epochs: 100 },
    reference: {
      paper: { oa: 66.56, aa: 55.8, kappa: 0.543, spread: 0.7 },
      svm: { oa: 72.5, aa: 59.22, kappa: 0.622 },
      forest: { oa: 69.98, aa: 55.35, kappa: 0.587 },
    },
  },
  {
    name: 'EnMAP Potsdam, random 10 %, 3 × 3 pixels',
    ...enmapRandom,
    patch: 3,
    paper: { pieces: 8, epochs: 100 },
    reference: { paper: { oa: 65.92, aa: 56.2, kappa: 0.538, spread: 0.39 } },
  },
  {
    name: 'EnMAP Potsdam, tiles of its authors',
    data: enmap,
    split: tiles,
    apart: true,
    patch: 1,
    paper: { pieces: 8, epochs: 100 },
    reference: {
      paper: { oa: 78.18, aa: 59.3, kappa: 0.671, spread: 0.76 },
      svm: { oa: 70.76, aa: 56.73, kappa: 0.582 },
      forest: { oa: 74.39, aa: 59.21, kappa: 0.621 },
    },
  },
  {
    name: 'Jasper Ridge, random 1 %',
    ...jasperRandom,
    patch: 1,
    paper: { pieces: 8, epochs: 200 },
    reference: {
      paper: { oa: 96.58, spread: 0.12 },
      svm: { oa: 95.95 },
      forest: { oa: 93.8 },
    },
  },
  {
    name: 'Jasper Ridge, random 1 %, 3 × 3 pixels',
    ...jasperRandom,
    patch: 3,
    paper: { pieces: 8, epochs: 200 },
    reference: { paper: { oa: 91.03, spread: 0.3 } },
  },
  {
    name: 'Jasper Ridge, random 10 %',
    data: jasper,
    split: tenth,
    apart: false,
    patch: 1,
    paper: { pieces: 8, epochs: 100 },
    reference: { paper: { oa: 97.93 }, svm: { oa: 97.88 }, forest: { oa: 96.68 } },
  },
];

/** The task of that name, else all whose name holds the text. */
export function tasksNamed(text: string): readonly Task[] {
  const exact = tasks.filter(({ name }) => name === text);
  return exact.length > 0 ? exact : tasks.filter(({ name }) => name.includes(text));
}
