import type { Tensor, Tfjs } from './tfjs.ts';
import { scoped } from './tfjsTensors.ts';

/** One operation as tfjs' engine records it. `gradient` gives one function an input. */
type Node = {
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: readonly Tensor[];
  readonly saved: readonly Tensor[];
  readonly gradient?: (gradients: readonly (Tensor | undefined)[]) => GradientTable;
};

type GradientTable = Readonly<Record<string, () => Tensor>> & {
  /** Where finding all that are wanted at once is another computation than finding one. */
  readonly [together]?: (names: readonly string[]) => readonly (Tensor | undefined)[];
};

const together = Symbol('gradients together');

/** What the engine keeps of the recording under way; `push` is all that it does with the tape. */
type Engine = {
  readonly state: {
    activeTape: { push(node: Node): void } | null;
    gradientDepth: number;
  };
  runKernelFunc(operation: {
    readonly forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor;
    readonly backwardsFunc: (gradient: Tensor, saved: Tensor[]) => GradientTable;
    readonly inputs: Record<number, Tensor>;
  }): Tensor;
};

/**
 * The result of a computation and its gradients by `xs`; nothing for an x that it does not depend on. As tfjs' own
 * `gradients`, but an operation that no x reaches keeps nothing, what backward has used is freed at once, and one may run
 * inside another's backward pass. The caller disposes of all results.
 */
export function gradientsOf(
  tf: Tfjs,
  body: () => Tensor,
  xs: readonly Tensor[],
  upstream?: Tensor,
): { readonly value: Tensor; readonly gradients: readonly (Tensor | undefined)[] } {
  const { value, tape, reached } = record(tf, body, xs);
  const open = new Map<number, Tensor>();
  try {
    open.set(value.id, tf.keep(upstream === undefined ? tf.onesLike(value) : tf.clone(upstream)));
    for (let node = tape.pop(); node !== undefined; node = tape.pop())
      passBack(tf, node, reached, open);
    const gradients = xs.map(({ id }) => {
      const gradient = open.get(id);
      open.delete(id);
      return gradient;
    });
    return { value, gradients };
  } finally {
    tf.dispose([...open.values(), ...tape.flatMap(({ saved }) => saved)]);
  }
}

/** Runs a computation, and writes down the operations that some x reaches. */
function record(
  tf: Tfjs,
  body: () => Tensor,
  xs: readonly Tensor[],
): { readonly value: Tensor; readonly tape: Node[]; readonly reached: ReadonlySet<number> } {
  const reached = new Set(xs.map(({ id }) => id));
  const tape: Node[] = [];
  const push = (node: Node): void => {
    if (!Object.values(node.inputs).some(({ id }) => reached.has(id))) {
      tf.dispose([...node.saved]);
      return;
    }
    for (const { id } of node.outputs) reached.add(id);
    tape.push(node);
  };
  const { state } = tf.engine() as unknown as Engine;
  const before = { activeTape: state.activeTape, gradientDepth: state.gradientDepth };
  Object.assign(state, { activeTape: { push }, gradientDepth: 1 });
  try {
    return { value: tf.keep(tf.tidy(body)), tape, reached };
  } catch (error) {
    tf.dispose(tape.flatMap(({ saved }) => saved));
    throw error;
  } finally {
    Object.assign(state, before);
  }
}

/** Adds what one operation passes on to the gradients that are open, and frees what it has used. */
function passBack(
  tf: Tfjs,
  node: Node,
  reached: ReadonlySet<number>,
  open: Map<number, Tensor>,
): void {
  const gradients = node.outputs.map(({ id }) => open.get(id));
  try {
    if (gradients.every((gradient) => gradient === undefined)) return;
    if (node.gradient === undefined) throw new Error(`${node.kernelName} has no gradient`);
    scoped(tf, () => {
      const table = node.gradient!(gradients);
      const names = Object.keys(node.inputs).filter((name) => reached.has(node.inputs[name]!.id));
      const found = table[together]?.(names);
      for (const [i, name] of names.entries()) {
        const gradient = found === undefined ? table[name]!() : found[i];
        if (gradient !== undefined) add(tf, open, node.inputs[name]!.id, gradient);
      }
      if (found !== undefined) tf.dispose(found.flatMap((one) => one ?? []));
    });
  } finally {
    for (const { id } of node.outputs) open.delete(id);
    tf.dispose([...gradients.flatMap((one) => one ?? []), ...node.saved]);
  }
}

function add(tf: Tfjs, open: Map<number, Tensor>, id: number, gradient: Tensor): void {
  const sum = open.get(id);
  // A gradient may be another's tensor: a name of its own for the same memory.
  open.set(id, tf.keep(sum === undefined ? tf.clone(gradient) : tf.add(sum, gradient)));
  sum?.dispose();
}

/** `recomputed` of `FusedOps`: forward keeps the inputs only; backward runs the body again, this time recorded. */
export function recomputed(
  tf: Tfjs,
  inputs: readonly Tensor[],
  body: (inputs: readonly Tensor[]) => Tensor,
): Tensor {
  return (tf.engine() as unknown as Engine).runKernelFunc({
    inputs: { ...inputs },
    forwardFunc: (_, save) => {
      save([...inputs]);
      return body(inputs);
    },
    backwardsFunc: (upstream, saved) => {
      const all = (names: readonly string[]): readonly (Tensor | undefined)[] => {
        const wanted = names.map((name) => saved[Number(name)]!);
        const { value, gradients } = gradientsOf(tf, () => body(saved), wanted, upstream);
        value.dispose();
        return gradients;
      };
      const one = (name: string) => (): Tensor =>
        all([name])[0] ?? tf.zerosLike(saved[Number(name)]!);
      const table = Object.fromEntries(inputs.map((_, i) => [String(i), one(String(i))]));
      return { ...table, [together]: all };
    },
  });
}
