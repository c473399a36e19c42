// The scan kernels. Lanes run over channels, so that u, dt and y are read as they lie in memory and softplus and SiLU
// are vectorised too. A sequence is walked by segments, and a segment by chunks of states: their recurrences do not wait
// for each other, so the processor always has enough to do, and they stay in registers while the steps go by.
#include "scan.h"

#include <algorithm>
#include <type_traits>
#include <vector>

#include "../simd/vector.h"

namespace prismap {
namespace PRISMAP_ISA {
namespace {

constexpr int64_t kSegment = kScanSegment;
#if defined(__AVX512F__)
constexpr int kChunk = 8;  // states
#else
constexpr int kChunk = 4;  // half the registers
#endif

typedef std::vector<Vector> Vectors;

// A segment of some batch element; `number` counts them through the whole batch.
struct Segment {
  int64_t number, row, count;  // its first row of [b · l] and its rows
  bool opens, closes;          // first and last of its element

  Segment(const ScanSize& size, int64_t at) : number(at) {
    const int64_t segments = segmentsOf(size), index = number % segments;
    row = number / segments * size.steps + index * kSegment;
    count = std::min(kSegment, size.steps - index * kSegment);
    opens = index == 0;
    closes = index == segments - 1;
  }
};

// One group of up to kLanes channels.
struct Group {
  const ScanSize& size;
  const ScanInput& input;
  int64_t channel;
  int lanes;

  int64_t at(int64_t row) const { return row * size.channels + channel; }
  // Of state 0 in `starts`; from there `channels` to the next state.
  int64_t startOf(const Segment& segment) const { return segment.number * size.states * size.channels + channel; }
  Vector read(const float* values, int64_t row) const { return load(values + at(row), lanes); }
  void write(float* values, int64_t row, Vector x) const { store(values + at(row), x, lanes); }
  Vector optional(const float* values) const {
    return values == nullptr ? Vector{} : load(values + channel, lanes);
  }
  // A · log2(e), a vector a state, so that exp(dt A) = 2^(dt · scaled).
  void loadDecays(Vector* scaled) const {
    std::fill_n(scaled, size.states, Vector{});
    for (int i = 0; i < lanes; i++) {
      for (int64_t n = 0; n < size.states; n++) scaled[n][i] = input.a[(channel + i) * size.states + n] * kLog2E;
    }
  }
};

int64_t groupsOf(const ScanRange& range) { return (range.lastChannel - range.firstChannel + kLanes - 1) / kLanes; }

// Calls body(group, index) for each group of the channels of a range.
template <typename Body>
PRISMAP_INLINE void eachGroup(const ScanSize& size, const ScanInput& input, const ScanRange& range, const Body& body) {
  for (int64_t channel = range.firstChannel, index = 0; channel < range.lastChannel; channel += kLanes, index++) {
    const int lanes = static_cast<int>(std::min<int64_t>(kLanes, range.lastChannel - channel));
    body(Group{size, input, channel, lanes}, index);
  }
}

// Calls body(width, first) for all states, kChunk at a time and those left over one by one; width is a constant.
template <typename Body>
PRISMAP_INLINE void eachChunk(int64_t states, const Body& body) {
  int64_t i = 0;
  for (; i + kChunk <= states; i += kChunk) body(std::integral_constant<int, kChunk>(), i);
  for (; i < states; i++) body(std::integral_constant<int, 1>(), i);
}

// Copies to or from the registers of a chunk. Not std::copy_n: whatever has its address taken stays in memory.
template <int kWidth>
PRISMAP_INLINE void copyChunk(const Vector* from, Vector* to) {
#pragma GCC unroll 8
  for (int i = 0; i < kWidth; i++) to[i] = from[i];
}

// Asks for memory that is read or written soon: that of the next segment into the second-level cache, that of the next
// group into the first. Done between steps, a row at a time: rows a page apart are more than the processor sees coming,
// and all at once are more than it can wait for.
constexpr int kNextSegment = 1, kNextGroup = 3;
template <int kWhen, typename... Arrays>
PRISMAP_INLINE void prefetch(int64_t at, const Arrays*... arrays) {
  ((arrays == nullptr ? void() : __builtin_prefetch(arrays + at, 0, kWhen)), ...);
}

// The steps of a segment: drive = dt u; y before the gate.
struct ForwardSteps {
  Vector dt[kSegment], drive[kSegment], y[kSegment];
};

// What forward keeps of one group of channels.
struct ForwardMemory {
  Vectors scaled, states;  // [n]
};

// States [first, first + kWidth) through the steps of a segment; adds to y. Calls between(step). Before the first step of all there is
// nothing that could decay: of a short sequence that is a good part of the exponentials.
template <int kWidth, typename Between>
PRISMAP_INLINE void recur(const Group& group, const Segment& segment, int64_t first, ForwardMemory& memory,
                          ForwardSteps& steps, const Between& between) {
  const int64_t n = group.size.states;
  const float *b = group.input.b + segment.row * n + first, *c = group.input.c + segment.row * n + first;
  Vector state[kWidth], scaled[kWidth];
  copyChunk<kWidth>(&memory.states[first], state);
  copyChunk<kWidth>(&memory.scaled[first], scaled);
  const auto step = [&](int64_t k, auto opens) __attribute__((always_inline)) {
    between(k);
    const Vector dt = steps.dt[k], drive = steps.drive[k];
    Vector y = steps.y[k];
#pragma GCC unroll 8
    for (int i = 0; i < kWidth; i++) {
      state[i] = opens ? drive * b[i] : exp2Product(dt, scaled[i]) * state[i] + drive * b[i];
      y += state[i] * c[i];
    }
    steps.y[k] = y;
    b += n;
    c += n;
  };
  int64_t k = 0;
  if (segment.opens) step(k++, std::true_type());
  for (; k < segment.count; k++) step(k, std::false_type());
  copyChunk<kWidth>(state, &memory.states[first]);
}

// Each stage is a loop of its own: steps overlap only as far as the processor looks ahead.
void forwardSegment(const Group& group, const Segment& segment, const Segment& next, ForwardMemory& memory, float* out) {
  const ScanInput& input = group.input;
  const Vector skip = group.optional(input.skip), bias = group.optional(input.dtBias);
  ForwardSteps steps;
  for (int64_t k = 0; k < segment.count; k++) {
    steps.dt[k] = exponentialOfMinusMagnitude(group.read(input.dtRaw, segment.row + k) + bias);
  }
  for (int64_t k = 0; k < segment.count; k++) {
    const Vector u = group.read(input.u, segment.row + k);
    steps.dt[k] = softplus(group.read(input.dtRaw, segment.row + k) + bias, steps.dt[k]);
    steps.drive[k] = steps.dt[k] * u;
    steps.y[k] = skip * u;
  }
  eachChunk(group.size.states, [&](auto width, int64_t first) __attribute__((always_inline)) {
    recur<width>(group, segment, first, memory, steps, [&](int64_t k) __attribute__((always_inline)) {
      if (first == 0 && k < next.count) prefetch<kNextSegment>(group.at(next.row + k), input.u, input.dtRaw, input.z, out);
    });
  });
  for (int64_t k = 0; k < segment.count; k++) {
    Vector y = steps.y[k];
    if (input.z != nullptr) {
      const Vector z = group.read(input.z, segment.row + k);
      y *= z * sigmoid(z);
    }
    group.write(out, segment.row + k, y);
  }
}

// The states before a segment, for backward.
void writeStart(const Group& group, const Segment& segment, const Segment& next, const Vectors& states, float* starts) {
  const int64_t n = group.size.states, stride = group.size.channels;
  const int64_t own = group.startOf(segment), ahead = group.startOf(next);
  for (int64_t i = 0; i < n; i++) {
    store(starts + own + i * stride, states[i], group.lanes);
    prefetch<kNextSegment>(ahead + i * stride, starts);
  }
}

// The sums of lanes of n vectors to n floats. Vectors are combined in pairs: each round halves their number and
// leaves, after log2(kLanes) rounds, one vector whose lane i is the sum of vector i.
PRISMAP_INLINE void sumEachLanes(const Vector* rows, int64_t n, float* sums) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    Vector x[kLanes];
    Integers even, odd;
    for (int k = 0; k < kLanes; k++) {
      even[k] = 2 * k;
      odd[k] = 2 * k + 1;
    }
    for (int k = 0; k < kLanes; k++) x[k] = rows[i + k];
#pragma GCC unroll 4
    for (int count = kLanes; count > 1; count /= 2) {
#pragma GCC unroll 8
      for (int k = 0; k < count / 2; k++) {
        x[k] = shuffle(x[2 * k], x[2 * k + 1], even) + shuffle(x[2 * k], x[2 * k + 1], odd);
      }
    }
    store(sums + i, x[0], kLanes);
  }
  for (; i < n; i++) sums[i] = sumLanes(rows[i]);
}

// The steps of a segment. gy, gz: gradients of y before the gate, and of z but for the factor y; viaB, viaA: the sums over
// states that lead to the gradients of u and dt.
struct BackwardSteps {
  Vector dt[kSegment], slope[kSegment], drive[kSegment], gy[kSegment], gz[kSegment];
  Vector y[kSegment], viaB[kSegment], viaA[kSegment];
};

// What backward keeps of one group of channels.
struct GroupMemory {
  Vectors scaled, adjoint, a;  // [n]; adjoint of the state, gradient of A
  Vector skip, bias;           // gradients of D and dtBias
};

// What a thread keeps between calls: memory fresh from the system would cost as much as a good part of the work.
struct BackwardMemory {
  std::vector<GroupMemory> groups;
  Vectors toB, toC;  // [kSegment, n], gradients of B and C, lanes not yet summed up
};

void resize(BackwardMemory& memory, const ScanSize& size, int64_t groups) {
  const int64_t n = size.states;
  if (static_cast<int64_t>(memory.groups.size()) < groups) memory.groups.resize(groups);
  for (int64_t i = 0; i < groups; i++) {
    GroupMemory& group = memory.groups[i];
    group.scaled.resize(n);
    group.adjoint.resize(n);
    group.a.assign(n, Vector{});
    group.skip = group.bias = Vector{};
  }
  memory.toB.resize(n * kSegment);
  memory.toC.resize(n * kSegment);
}

void prepareSteps(const Group& group, const Segment& segment, const float* outGradient, GroupMemory& memory,
                  BackwardSteps& steps) {
  const ScanInput& input = group.input;
  const Vector bias = group.optional(input.dtBias), skip = group.optional(input.skip);
  for (int64_t k = 0; k < segment.count; k++) {
    steps.dt[k] = exponentialOfMinusMagnitude(group.read(input.dtRaw, segment.row + k) + bias);
  }
  for (int64_t k = 0; k < segment.count; k++) {
    const Vector u = group.read(input.u, segment.row + k), x = group.read(input.dtRaw, segment.row + k) + bias;
    const Vector e = steps.dt[k], dt = softplus(x, e);
    steps.slope[k] = softplusSlope(x, e);
    steps.dt[k] = dt;
    steps.drive[k] = dt * u;
    steps.y[k] = skip * u;
    steps.viaB[k] = steps.viaA[k] = Vector{};
  }
  for (int64_t k = 0; k < segment.count; k++) {
    Vector gy = group.read(outGradient, segment.row + k);
    if (input.z != nullptr) {
      const Vector z = group.read(input.z, segment.row + k), open = sigmoid(z);
      steps.gz[k] = gy * open * (1.0f + z * (1.0f - open));
      gy *= z * open;
    }
    steps.gy[k] = gy;
    memory.skip += gy * group.read(input.u, segment.row + k);
  }
}

// Decays of a chunk of states at every step of a segment, and the states before it.
template <int kWidth>
struct Trace {
  Vector decay[kSegment][kWidth], before[kSegment][kWidth];
};

// States [first, first + kWidth) through the steps of a segment again. Adds to y and to the gradient of C.
template <bool kFirst, int kWidth, typename Between>
PRISMAP_INLINE void walkAgain(const Group& group, const Segment& segment, int64_t first, const float* start,
                              const GroupMemory& memory, BackwardSteps& steps, Vector* toC, Trace<kWidth>& trace,
                              const Between& between) {
  const int64_t n = group.size.states;
  const float *b = group.input.b + segment.row * n + first, *c = group.input.c + segment.row * n + first;
  Vector state[kWidth], scaled[kWidth];
#pragma GCC unroll 8
  for (int i = 0; i < kWidth; i++) state[i] = load(start + (first + i) * group.size.channels, group.lanes);
  copyChunk<kWidth>(&memory.scaled[first], scaled);
  for (int64_t k = 0; k < segment.count; k++, b += n, c += n) {
    between(k);
    const Vector dt = steps.dt[k], drive = steps.drive[k], gy = steps.gy[k];
    Vector *to = toC + k * n + first, y = steps.y[k];
#pragma GCC unroll 8
    for (int i = 0; i < kWidth; i++) {
      const Vector decay = exp2Product(dt, scaled[i]);
      trace.decay[k][i] = decay;
      trace.before[k][i] = state[i];
      state[i] = decay * state[i] + drive * b[i];
      y += state[i] * c[i];
      to[i] = kFirst ? gy * state[i] : to[i] + gy * state[i];
    }
    steps.y[k] = y;
  }
}

// And back. Adds to viaA, viaB and to the gradients of A and B.
template <bool kFirst, int kWidth, typename Between>
PRISMAP_INLINE void walkBack(const Group& group, const Segment& segment, int64_t first, const Trace<kWidth>& trace,
                             GroupMemory& memory, BackwardSteps& steps, Vector* toB, const Between& between) {
  const int64_t n = group.size.states;
  Vector adjoint[kWidth], a[kWidth], scaled[kWidth];
  copyChunk<kWidth>(&memory.scaled[first], scaled);
  copyChunk<kWidth>(&memory.adjoint[first], adjoint);
  copyChunk<kWidth>(&memory.a[first], a);
  for (int64_t k = segment.count; k-- > 0;) {
    between(k);
    const float* b = group.input.b + (segment.row + k) * n + first;
    const float* c = group.input.c + (segment.row + k) * n + first;
    const Vector dt = steps.dt[k], drive = steps.drive[k], gy = steps.gy[k];
    Vector *to = toB + k * n + first, viaB = steps.viaB[k], viaA = steps.viaA[k];
#pragma GCC unroll 8
    for (int i = 0; i < kWidth; i++) {
      const Vector g = gy * c[i] + adjoint[i];
      to[i] = kFirst ? g * drive : to[i] + g * drive;
      adjoint[i] = g * trace.decay[k][i];
      const Vector kept = adjoint[i] * trace.before[k][i];
      a[i] += kept * dt;
      viaB += g * b[i];
      viaA += kept * scaled[i];
    }
    steps.viaB[k] = viaB;
    steps.viaA[k] = viaA;
  }
  copyChunk<kWidth>(adjoint, &memory.adjoint[first]);
  copyChunk<kWidth>(a, &memory.a[first]);
}

// Gradients of u, dt and z of the steps of a segment.
void finishSteps(const Group& group, const Segment& segment, const BackwardSteps& steps, const ScanGradients& gradients,
                 GroupMemory& memory) {
  const Vector skip = group.optional(group.input.skip);
  for (int64_t k = 0; k < segment.count; k++) {
    const int64_t row = segment.row + k;
    const Vector u = group.read(group.input.u, row);
    const Vector gdt = (u * steps.viaB[k] + steps.viaA[k] * (1.0f / kLog2E)) * steps.slope[k];
    group.write(gradients.dtRaw, row, gdt);
    group.write(gradients.u, row, skip * steps.gy[k] + steps.dt[k] * steps.viaB[k]);
    if (gradients.z != nullptr) group.write(gradients.z, row, steps.gz[k] * steps.y[k]);
    memory.bias += gdt;
  }
}

// One group through one segment; `next` is the one before it in time. kFirst: nothing is in toB and toC yet.
template <bool kFirst>
void backwardSegment(const Group& group, const Segment& segment, const Segment& next, const float* starts,
                     const float* outGradient, const ScanGradients& gradients, GroupMemory& memory, Vector* toB,
                     Vector* toC) {
  const ScanInput& input = group.input;
  BackwardSteps steps;
  prepareSteps(group, segment, outGradient, memory, steps);
  const float* start = starts + group.startOf(segment);
  const int64_t ahead = group.startOf(next);
  const auto ask = [&](int64_t first, int64_t k, const auto*... arrays) __attribute__((always_inline)) {
    if (first == 0) {
      prefetch<kNextSegment>(group.at(next.row + k), arrays...);
    } else {
      prefetch<kNextGroup>(group.at(segment.row + k) + kLanes, arrays...);
    }
  };
  eachChunk(group.size.states, [&](auto width, int64_t first) __attribute__((always_inline)) {
    for (int i = 0; i < width; i++) prefetch<kNextSegment>(ahead + (first + i) * group.size.channels, starts);
    Trace<width> trace;
    walkAgain<kFirst, width>(group, segment, first, start, memory, steps, toC, trace,
                     [&](int64_t k) __attribute__((always_inline)) {
                       ask(first, k, input.u, input.dtRaw, input.z, outGradient);
                     });
    walkBack<kFirst, width>(group, segment, first, trace, memory, steps, toB, [&](int64_t k) __attribute__((always_inline)) {
      ask(first, k, gradients.u, gradients.dtRaw, gradients.z);
    });
  });
  finishSteps(group, segment, steps, gradients, memory);
}

void addShared(const Group& group, const GroupMemory& memory, float* shared) {
  const int64_t n = group.size.states, d = group.size.channels;
  for (int64_t i = 0; i < n + 2; i++) {
    float* to = shared + i * d + group.channel;
    const Vector x = i < n ? memory.a[i] : i == n ? memory.skip : memory.bias;
    store(to, load(to, group.lanes) + x, group.lanes);
  }
}

}  // namespace

void scanForward(const ScanSize& size, const ScanInput& input, const ScanRange& range, float* out, float* starts) {
  thread_local std::vector<ForwardMemory> own;
  std::vector<ForwardMemory>& memory = own;  // looked up once: a lambda would do so at every use
  memory.resize(std::max<size_t>(memory.size(), groupsOf(range)));
  eachGroup(size, input, range, [&](const Group& group, int64_t index) {
    memory[index].scaled.resize(size.states);
    memory[index].states.resize(size.states);
    group.loadDecays(memory[index].scaled.data());
  });
  const int64_t last = range.last * segmentsOf(size);
  for (int64_t number = range.first * segmentsOf(size); number < last; number++) {
    const Segment segment(size, number), next(size, std::min(number + 1, last - 1));
    eachGroup(size, input, range, [&](const Group& group, int64_t index) {
      Vectors& states = memory[index].states;
      if (segment.opens) std::fill(states.begin(), states.end(), Vector{});
      if (starts != nullptr) writeStart(group, segment, next, states, starts);
      forwardSegment(group, segment, next, memory[index], out);
    });
  }
}

void scanBackward(const ScanSize& size, const ScanInput& input, const ScanRange& range, const float* starts,
                  const float* outGradient, const ScanGradients& gradients) {
  thread_local BackwardMemory own;
  BackwardMemory& memory = own;  // looked up once, as in forward
  resize(memory, size, groupsOf(range));
  eachGroup(size, input, range, [&](const Group& group, int64_t index) {
    group.loadDecays(memory.groups[index].scaled.data());
  });
  const int64_t n = size.states, first = range.first * segmentsOf(size);
  for (int64_t number = range.last * segmentsOf(size); number-- > first;) {
    const Segment segment(size, number), next(size, std::max(number - 1, first));
    eachGroup(size, input, range, [&](const Group& group, int64_t index) {
      GroupMemory& kept = memory.groups[index];
      if (segment.closes) std::fill(kept.adjoint.begin(), kept.adjoint.end(), Vector{});
      const auto walk = index == 0 ? backwardSegment<true> : backwardSegment<false>;
      walk(group, segment, next, starts, outGradient, gradients, kept, memory.toB.data(), memory.toC.data());
    });
    // Lanes are summed up once for all channels.
    for (int64_t k = 0; k < segment.count; k++) {
      sumEachLanes(&memory.toB[k * n], n, gradients.b + (segment.row + k) * n);
      sumEachLanes(&memory.toC[k * n], n, gradients.c + (segment.row + k) * n);
    }
  }
  eachGroup(size, input, range, [&](const Group& group, int64_t index) {
    addShared(group, memory.groups[index], gradients.shared);
  });
}

}  // namespace PRISMAP_ISA
}  // namespace prismap
