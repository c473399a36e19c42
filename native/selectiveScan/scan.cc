// The scan kernels. Lanes run over channels, so that u, dt and y are read as they lie in memory and softplus and SiLU
// are vectorised too. A sequence is walked by segments of a few steps, and within one state by state: the state, its
// decays and its adjoint stay in registers, and whatever a segment leaves behind in the first-level cache.
#include "scan.h"

#include <algorithm>
#include <vector>

#include "../simd/vector.h"

namespace prismap {
namespace PRISMAP_ISA {
namespace {

constexpr int64_t kSegment = 4;  // steps; of 2, 4, 8 and 16 the fastest

typedef std::vector<Vector> Vectors;

int64_t segmentsOf(const ScanSize& size) { return (size.steps + kSegment - 1) / kSegment; }

// One group of up to kLanes channels of one batch element.
struct Group {
  const ScanSize& size;
  const ScanInput& input;
  int64_t element, channel;
  int lanes;

  int64_t at(int64_t step) const { return (element * size.steps + step) * size.channels + channel; }
  Vector optional(const float* values) const {
    return values == nullptr ? Vector{} : load(values + channel, lanes);
  }
  Vector dt(int64_t at, Vector bias, Vector* slope) const {
    return softplus(load(input.dtRaw + at, lanes) + bias, slope);
  }
  // A · log2(e), a vector a state, so that exp(dt A) = 2^(dt · scaled).
  void loadDecays(Vector* scaled) const {
    for (int64_t n = 0; n < size.states; n++) {
      Vector x = {};
      for (int i = 0; i < lanes; i++) x[i] = input.a[(channel + i) * size.states + n];
      scaled[n] = x * kLog2E;
    }
  }
};

// Calls body(group, index) for each group of the channels of a range.
template <typename Body>
PRISMAP_INLINE void eachGroup(const ScanSize& size, const ScanInput& input, const ScanRange& range, int64_t element,
                              const Body& body) {
  for (int64_t channel = range.firstChannel, index = 0; channel < range.lastChannel; channel += kLanes, index++) {
    const int lanes = static_cast<int>(std::min<int64_t>(kLanes, range.lastChannel - channel));
    body(Group{size, input, element, channel, lanes}, index);
  }
}

// Asks for the memory of a segment of a group, to be written later: a write that has to wait for it holds up all writes
// behind it, those of `walk` to the cache too.
template <typename... Arrays>
PRISMAP_INLINE void prefetch(const Group& group, int64_t first, Arrays*... arrays) {
  for (int64_t t = std::max<int64_t>(0, first); t < first + kSegment; t++) {
    ((arrays == nullptr ? void() : __builtin_prefetch(arrays + group.at(t), 1)), ...);
  }
}

// Rows of B or C for the steps of a segment; the last segment's are copied to `padded` with zeros behind the end.
const float* rowsOf(const float* values, const ScanSize& size, int64_t element, int64_t first, float* padded) {
  const float* rows = values + (element * size.steps + first) * size.states;
  const int64_t missing = std::max<int64_t>(0, first + kSegment - size.steps);
  if (missing == 0) return rows;
  float* end = std::copy_n(rows, (kSegment - missing) * size.states, padded);
  std::fill_n(end, missing * size.states, 0.0f);
  return padded;
}

// Makes room for `steps` vectors and the rest of the last segment, which stays zero: with dt = 0 a step does nothing.
void resizeSteps(Vectors& vectors, int64_t steps) {
  vectors.resize(steps + kSegment);
  std::fill(vectors.begin() + steps, vectors.end(), Vector{});
}

// What a thread keeps between calls: memory fresh from the system would cost as much as a good part of the work.
struct ForwardMemory {
  Vectors scaled, states;  // [n]
  Vectors dt, drive, y;    // [steps]; drive = dt u
  std::vector<float> rows; // [2, kSegment, n]
};

// y of a group before D and the gate. kStates > 0 fixes the number of states for the compiler.
template <int kStates>
void recur(const Group& group, ForwardMemory& memory) {
  const ScanSize& size = group.size;
  const int64_t n = kStates > 0 ? kStates : size.states;
  std::fill_n(memory.states.begin(), n, Vector{});
  for (int64_t first = 0; first < size.steps; first += kSegment) {
    const float* b = rowsOf(group.input.b, size, group.element, first, memory.rows.data());
    const float* c = rowsOf(group.input.c, size, group.element, first, memory.rows.data() + kSegment * n);
    const Vector *dt = &memory.dt[first], *drive = &memory.drive[first];
    Vector y[kSegment] = {};
    for (int64_t i = 0; i < n; i++) {
      const Vector scaled = memory.scaled[i];
      Vector state = memory.states[i];
#pragma GCC unroll 8
      for (int64_t k = 0; k < kSegment; k++) {
        state = exp2Product(dt[k], scaled) * state + drive[k] * b[k * n + i];
        y[k] += state * c[k * n + i];
      }
      memory.states[i] = state;
    }
    std::copy_n(y, kSegment, &memory.y[first]);
  }
}

void forwardGroup(const Group& group, ForwardMemory& memory, float* out) {
  const ScanInput& input = group.input;
  const int64_t steps = group.size.steps;
  const Vector skip = group.optional(input.skip), bias = group.optional(input.dtBias);
  for (int64_t t = 0; t < steps; t++) {
    Vector slope;
    memory.dt[t] = group.dt(group.at(t), bias, &slope);
    memory.drive[t] = memory.dt[t] * load(input.u + group.at(t), group.lanes);
  }
  group.size.states == 16 ? recur<16>(group, memory) : recur<0>(group, memory);
  for (int64_t t = 0; t < steps; t++) {
    const int64_t at = group.at(t);
    Vector y = memory.y[t] + skip * load(input.u + at, group.lanes);
    if (input.z != nullptr) {
      const Vector z = load(input.z + at, group.lanes);
      y *= z * sigmoid(z);
    }
    store(out + at, y, group.lanes);
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

// What backward keeps of one group of channels: the state at the start of every segment, and of every step what is
// dear to compute.
struct GroupMemory {
  Vectors scaled;                   // [n]
  Vectors starts;                   // [segments, n]
  Vectors dt, slope, drive, gy, gz; // [steps]; gy, gz: gradients of y before the gate, and of z but for the factor y
  Vectors adjoint;                  // [n], of the state
  Vectors a;                        // [n], gradient of A
  Vector skip, bias;                // gradients of D and dtBias
};

struct BackwardMemory {
  std::vector<GroupMemory> groups;
  Vectors decays;           // [n, kSegment]
  Vectors toB, toC;         // [kSegment, n], gradients of B and C, lanes not yet summed up
  std::vector<float> rows;  // [2, kSegment, n]
};

void resize(BackwardMemory& memory, const ScanSize& size, int64_t groups) {
  const int64_t n = size.states;
  if (static_cast<int64_t>(memory.groups.size()) < groups) memory.groups.resize(groups);
  for (int64_t i = 0; i < groups; i++) {
    GroupMemory& group = memory.groups[i];
    group.scaled.resize(n);
    group.adjoint.resize(n);
    group.starts.resize(segmentsOf(size) * n);
    for (Vectors* steps : {&group.dt, &group.slope, &group.drive, &group.gy, &group.gz}) resizeSteps(*steps, size.steps);
    group.a.assign(n, Vector{});
    group.skip = group.bias = Vector{};
  }
  memory.decays.resize(n * kSegment);
  memory.toB.resize(n * kSegment);
  memory.toC.resize(n * kSegment);
  memory.rows.resize(2 * kSegment * n);
}

void prepareSteps(const Group& group, const float* outGradient, GroupMemory& memory) {
  const ScanInput& input = group.input;
  const Vector bias = group.optional(input.dtBias);
  for (int64_t t = 0; t < group.size.steps; t++) {
    const int64_t at = group.at(t);
    const Vector u = load(input.u + at, group.lanes);
    memory.dt[t] = group.dt(at, bias, &memory.slope[t]);
    memory.drive[t] = memory.dt[t] * u;
    Vector gy = load(outGradient + at, group.lanes);
    if (input.z != nullptr) {
      const Vector z = load(input.z + at, group.lanes), open = sigmoid(z);
      memory.gz[t] = gy * open * (1.0f + z * (1.0f - open));
      gy *= z * open;
    }
    memory.gy[t] = gy;
    memory.skip += gy * u;
  }
}

// The states at the start of every segment.
template <int kStates>
void prepareStarts(const Group& group, GroupMemory& memory) {
  const ScanSize& size = group.size;
  const int64_t n = kStates > 0 ? kStates : size.states;
  std::fill_n(memory.starts.begin(), n, Vector{});
  for (int64_t s = 0; s + 1 < segmentsOf(size); s++) {
    const int64_t first = s * kSegment;
    const float* b = group.input.b + (group.element * size.steps + first) * n;
    const Vector *dt = &memory.dt[first], *drive = &memory.drive[first];
    Vector* states = &memory.starts[s * n];
    for (int64_t i = 0; i < n; i++) {
      const Vector scaled = memory.scaled[i];
      Vector state = states[i];
#pragma GCC unroll 8
      for (int64_t k = 0; k < kSegment; k++) state = exp2Product(dt[k], scaled) * state + drive[k] * b[k * n + i];
      states[n + i] = state;
    }
  }
}

// Of each step of a segment: y before D, and the sums over states that lead to the gradients of u and dt.
struct SegmentSums {
  Vector y[kSegment] = {}, viaB[kSegment] = {}, viaA[kSegment] = {};
};

// Walks the steps of a segment forward again and then back.
template <int kStates>
void walk(int64_t states, int64_t segment, GroupMemory& memory, const float* b, const float* c, Vector* decays,
          Vector* toB, Vector* toC, SegmentSums* result) {
  const int64_t n = kStates > 0 ? kStates : states;
  const int64_t first = segment * kSegment;
  const Vector *dt = &memory.dt[first], *drive = &memory.drive[first], *gy = &memory.gy[first];
  // Apart from the recurrence, which waits for its own results: so the processor overlaps more of it.
  for (int64_t i = 0; i < n; i++) {
    const Vector scaled = memory.scaled[i];
#pragma GCC unroll 8
    for (int64_t k = 0; k < kSegment; k++) decays[i * kSegment + k] = exp2Product(dt[k], scaled);
  }
  SegmentSums sums;
  for (int64_t i = 0; i < n; i++) {
    const Vector scaled = memory.scaled[i];
    const Vector* decay = decays + i * kSegment;
    Vector before[kSegment], state = memory.starts[segment * n + i];
#pragma GCC unroll 8
    for (int64_t k = 0; k < kSegment; k++) {
      before[k] = state;
      state = decay[k] * state + drive[k] * b[k * n + i];
      sums.y[k] += state * c[k * n + i];
      toC[k * n + i] += gy[k] * state;
    }
    Vector adjoint = memory.adjoint[i], a = memory.a[i];
#pragma GCC unroll 8
    for (int64_t k = kSegment - 1; k >= 0; k--) {
      const Vector g = gy[k] * c[k * n + i] + adjoint;
      toB[k * n + i] += g * drive[k];
      adjoint = g * decay[k];
      const Vector kept = adjoint * before[k];
      a += kept * dt[k];
      sums.viaB[k] += g * b[k * n + i];
      sums.viaA[k] += kept * scaled;
    }
    memory.adjoint[i] = adjoint;
    memory.a[i] = a;
  }
  *result = sums;
}

// Gradients of u, dt and z of the steps of a segment.
PRISMAP_INLINE void finishSteps(const Group& group, int64_t first, const SegmentSums& sums,
                                const ScanGradients& gradients, GroupMemory& memory) {
  const Vector skip = group.optional(group.input.skip);
  const int64_t count = std::min(kSegment, group.size.steps - first);
  for (int64_t k = 0; k < count; k++) {
    const int64_t at = group.at(first + k), t = first + k;
    const Vector u = load(group.input.u + at, group.lanes);
    const Vector gdt = (u * sums.viaB[k] + sums.viaA[k] * (1.0f / kLog2E)) * memory.slope[t];
    store(gradients.dtRaw + at, gdt, group.lanes);
    store(gradients.u + at, skip * memory.gy[t] + memory.dt[t] * sums.viaB[k], group.lanes);
    if (gradients.z != nullptr) store(gradients.z + at, memory.gz[t] * (sums.y[k] + skip * u), group.lanes);
    memory.bias += gdt;
  }
}

template <int kStates>
void backwardElement(const ScanSize& size, const ScanInput& input, const ScanRange& range, int64_t element,
                     const float* outGradient, const ScanGradients& gradients, BackwardMemory& memory) {
  const int64_t n = size.states;
  eachGroup(size, input, range, element, [&](const Group& group, int64_t index) {
    GroupMemory& own = memory.groups[index];
    prepareSteps(group, outGradient, own);
    prepareStarts<kStates>(group, own);
    std::fill(own.adjoint.begin(), own.adjoint.end(), Vector{});
  });
  for (int64_t segment = segmentsOf(size); segment-- > 0;) {
    const int64_t first = segment * kSegment;
    const float* b = rowsOf(input.b, size, element, first, memory.rows.data());
    const float* c = rowsOf(input.c, size, element, first, memory.rows.data() + kSegment * n);
    std::fill(memory.toB.begin(), memory.toB.end(), Vector{});
    std::fill(memory.toC.begin(), memory.toC.end(), Vector{});
    eachGroup(size, input, range, element, [&](const Group& group, int64_t index) {
      GroupMemory& own = memory.groups[index];
      SegmentSums sums;
      prefetch(group, first - kSegment, gradients.u, gradients.dtRaw, gradients.z);
      walk<kStates>(n, segment, own, b, c, memory.decays.data(), memory.toB.data(), memory.toC.data(), &sums);
      finishSteps(group, first, sums, gradients, own);
    });
    // Lanes are summed up once for all channels.
    const int64_t count = std::min(kSegment, size.steps - first);
    for (int64_t k = 0; k < count; k++) {
      const int64_t row = (element * size.steps + first + k) * n;
      sumEachLanes(&memory.toB[k * n], n, gradients.b + row);
      sumEachLanes(&memory.toC[k * n], n, gradients.c + row);
    }
  }
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

void scanForward(const ScanSize& size, const ScanInput& input, const ScanRange& range, float* out) {
  thread_local ForwardMemory memory;
  memory.scaled.resize(size.states);
  memory.states.resize(size.states);
  memory.rows.resize(2 * kSegment * size.states);
  for (Vectors* steps : {&memory.dt, &memory.drive, &memory.y}) resizeSteps(*steps, size.steps);
  eachGroup(size, input, range, 0, [&](const Group& group, int64_t) {
    group.loadDecays(memory.scaled.data());
    for (int64_t element = range.first; element < range.last; element++) {
      forwardGroup({size, input, element, group.channel, group.lanes}, memory, out);
    }
  });
}

void scanBackward(const ScanSize& size, const ScanInput& input, const ScanRange& range, const float* outGradient,
                  const ScanGradients& gradients) {
  thread_local BackwardMemory memory;
  resize(memory, size, (range.lastChannel - range.firstChannel + kLanes - 1) / kLanes);
  eachGroup(size, input, range, 0, [&](const Group& group, int64_t index) {
    group.loadDecays(memory.groups[index].scaled.data());
  });
  const auto run = size.states == 16 ? backwardElement<16> : backwardElement<0>;
  for (int64_t element = range.first; element < range.last; element++) {
    run(size, input, range, element, outGradient, gradients, memory);
  }
  eachGroup(size, input, range, 0, [&](const Group& group, int64_t index) {
    addShared(group, memory.groups[index], gradients.shared);
  });
}

}  // namespace PRISMAP_ISA
}  // namespace prismap
