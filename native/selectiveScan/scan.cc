// The scan kernels. Lanes run over channels, so that u, dt and y are read as they lie in memory and softplus and SiLU
// are vectorised too; the states of a group of channels stay in registers or the first-level cache.
#include "scan.h"

#include <algorithm>
#include <vector>

#include "../simd/vector.h"

namespace prismap {
namespace PRISMAP_ISA {
namespace {

// Floats of history a thread keeps in backward: half a second-level cache of 1 MB. Longer sequences go by segments.
constexpr int64_t kHistory = 1 << 17;

// One group of up to kLanes channels of one batch element.
struct Group {
  const ScanSize& size;
  const ScanInput& input;
  int64_t element, channel;
  int lanes;

  int64_t at(int64_t step) const { return (element * size.steps + step) * size.channels + channel; }
  const float* b(int64_t step) const { return input.b + (element * size.steps + step) * size.states; }
  const float* c(int64_t step) const { return input.c + (element * size.steps + step) * size.states; }
  Vector optional(const float* values) const {
    return values == nullptr ? Vector{} : load(values + channel, lanes);
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

// kStates > 0 fixes the number of states, so that the compiler unrolls and keeps them in registers.
template <int kStates>
void forwardGroup(const Group& group, const Vector* decays, Vector* states, float* out) {
  const int64_t n = kStates > 0 ? kStates : group.size.states;
  const Vector skip = group.optional(group.input.skip), bias = group.optional(group.input.dtBias);
  std::fill(states, states + n, Vector{});
  for (int64_t t = 0; t < group.size.steps; t++) {
    const int64_t at = group.at(t);
    Vector slope;
    const Vector dt = softplus(load(group.input.dtRaw + at, group.lanes) + bias, &slope);
    const Vector u = load(group.input.u + at, group.lanes);
    const Vector drive = dt * u;
    const float *b = group.b(t), *c = group.c(t);
    Vector y = skip * u;
#pragma GCC unroll 16
    for (int64_t i = 0; i < n; i++) {
      states[i] = exp2(dt * decays[i]) * states[i] + drive * b[i];
      y += states[i] * c[i];
    }
    if (group.input.z != nullptr) {
      const Vector z = load(group.input.z + at, group.lanes);
      y *= z * sigmoid(z);
    }
    store(out + at, y, group.lanes);
  }
}

// What backward keeps of a segment of the forward pass: per step n states before the step is applied (plus one after
// the last), n decays, and dt, slope of softplus, u and y before the gate.
struct History {
  std::vector<Vector> states, decays, dt, slope, u, y;
  History(int64_t steps, int64_t n)
      : states((steps + 1) * n), decays(steps * n), dt(steps), slope(steps), u(steps), y(steps) {}
};

// Runs steps [first, last) from the state in history.states[0..n) and records them.
template <int kStates>
void record(const Group& group, const Vector* scaled, int64_t first, int64_t last, History& history) {
  const int64_t n = kStates > 0 ? kStates : group.size.states;
  const Vector skip = group.optional(group.input.skip), bias = group.optional(group.input.dtBias);
  for (int64_t t = first; t < last; t++) {
    const int64_t at = group.at(t), k = t - first;
    const Vector dt = softplus(load(group.input.dtRaw + at, group.lanes) + bias, &history.slope[k]);
    const Vector u = load(group.input.u + at, group.lanes), drive = dt * u;
    const float *b = group.b(t), *c = group.c(t);
    const Vector* before = &history.states[k * n];
    Vector* after = &history.states[(k + 1) * n];
    Vector* decay = &history.decays[k * n];
    Vector y = skip * u;
#pragma GCC unroll 16
    for (int64_t i = 0; i < n; i++) {
      decay[i] = exp2(dt * scaled[i]);
      after[i] = decay[i] * before[i] + drive * b[i];
      y += after[i] * c[i];
    }
    history.dt[k] = dt;
    history.u[k] = u;
    history.y[k] = y;
  }
}

// Sums of lanes of n vectors, added to n floats. Vectors are combined in pairs: each round halves their number and
// leaves, after log2(kLanes) rounds, one vector whose lane i is the sum of vector i.
PRISMAP_INLINE void addLaneSums(const Vector* rows, int64_t n, float* sums) {
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
        x[k] = __builtin_shuffle(x[2 * k], x[2 * k + 1], even) +
               __builtin_shuffle(x[2 * k], x[2 * k + 1], odd);
      }
    }
    store(sums + i, load(sums + i, kLanes) + x[0], kLanes);
  }
  for (; i < n; i++) sums[i] += sumLanes(rows[i]);
}

struct Adjoint {
  std::vector<Vector> state, a, toB, toC;  // [n] each: adjoint of h, gradient of A, terms of the gradients of B and C
  Vector skip = {}, bias = {};             // gradients of D and dtBias
  explicit Adjoint(int64_t n) : state(n), a(n), toB(n), toC(n) {}
};

// Walks back over steps [first, last), which `history` holds.
template <int kStates>
void walkBack(const Group& group, const Vector* scaled, int64_t first, int64_t last, const History& history,
              const float* outGradient, const ScanGradients& gradients, Adjoint& adjoint) {
  const int64_t n = kStates > 0 ? kStates : group.size.states;
  const Vector skip = group.optional(group.input.skip);
  for (int64_t t = last; t-- > first;) {
    const int64_t at = group.at(t), k = t - first;
    Vector gy = load(outGradient + at, group.lanes);
    if (group.input.z != nullptr) {
      const Vector z = load(group.input.z + at, group.lanes), open = sigmoid(z);
      store(gradients.z + at, gy * history.y[k] * open * (1.0f + z * (1.0f - open)), group.lanes);
      gy *= z * open;
    }
    const Vector dt = history.dt[k], u = history.u[k], drive = dt * u;
    const float *b = group.b(t), *c = group.c(t);
    const Vector* before = &history.states[k * n];
    const Vector* after = before + n;
    const Vector* decay = &history.decays[k * n];
    Vector viaB = {}, viaA = {};
#pragma GCC unroll 16
    for (int64_t i = 0; i < n; i++) {
      const Vector g = gy * c[i] + adjoint.state[i];
      adjoint.toC[i] = gy * after[i];
      adjoint.toB[i] = g * drive;
      adjoint.state[i] = g * decay[i];
      const Vector kept = adjoint.state[i] * before[i];
      adjoint.a[i] += kept * dt;
      viaB += g * b[i];
      viaA += kept * scaled[i];
    }
    const int64_t row = (group.element * group.size.steps + t) * n;
    addLaneSums(adjoint.toC.data(), n, gradients.c + row);
    addLaneSums(adjoint.toB.data(), n, gradients.b + row);
    const Vector gdt = (u * viaB + viaA * (1.0f / kLog2E)) * history.slope[k];
    store(gradients.dtRaw + at, gdt, group.lanes);
    store(gradients.u + at, skip * gy + dt * viaB, group.lanes);
    adjoint.skip += gy * u;
    adjoint.bias += gdt;
  }
}

template <int kStates>
void backwardGroup(const Group& group, const Vector* scaled, History& history, int64_t segment,
                   std::vector<Vector>& starts, const float* outGradient, const ScanGradients& gradients,
                   Adjoint& adjoint) {
  const int64_t n = group.size.states, steps = group.size.steps;
  const int64_t segments = (steps + segment - 1) / segment;
  std::fill(starts.begin(), starts.begin() + n, Vector{});
  std::fill(adjoint.state.begin(), adjoint.state.end(), Vector{});
  for (int64_t s = 0; s < segments; s++) {  // forward once; the last segment stays recorded
    const int64_t first = s * segment, last = std::min(steps, first + segment);
    std::copy_n(&starts[s * n], n, history.states.begin());
    record<kStates>(group, scaled, first, last, history);
    if (s + 1 < segments) std::copy_n(&history.states[(last - first) * n], n, &starts[(s + 1) * n]);
  }
  for (int64_t s = segments; s-- > 0;) {
    const int64_t first = s * segment, last = std::min(steps, first + segment);
    if (s + 1 < segments) {
      std::copy_n(&starts[s * n], n, history.states.begin());
      record<kStates>(group, scaled, first, last, history);
    }
    walkBack<kStates>(group, scaled, first, last, history, outGradient, gradients, adjoint);
  }
}

void addShared(const Group& group, const Adjoint& adjoint, float* shared) {
  const int64_t n = group.size.states, d = group.size.channels;
  for (int64_t i = 0; i < n + 2; i++) {
    float* to = shared + i * d + group.channel;
    const Vector x = i < n ? adjoint.a[i] : i == n ? adjoint.skip : adjoint.bias;
    store(to, load(to, group.lanes) + x, group.lanes);
  }
}

}  // namespace

void scanForward(const ScanSize& size, const ScanInput& input, const ScanRange& range, float* out) {
  std::vector<Vector> decays(size.states), states(size.states);
  const auto run = size.states == 16 ? forwardGroup<16> : forwardGroup<0>;
  for (int64_t channel = range.firstChannel; channel < range.lastChannel; channel += kLanes) {
    const int lanes = static_cast<int>(std::min<int64_t>(kLanes, range.lastChannel - channel));
    Group({size, input, 0, channel, lanes}).loadDecays(decays.data());
    for (int64_t element = range.first; element < range.last; element++) {
      run({size, input, element, channel, lanes}, decays.data(), states.data(), out);
    }
  }
}

void scanBackward(const ScanSize& size, const ScanInput& input, const ScanRange& range, const float* outGradient,
                  const ScanGradients& gradients) {
  const int64_t n = size.states;
  const int64_t segment = std::clamp<int64_t>(kHistory / (2 * n * kLanes), 1, size.steps);
  std::vector<Vector> decays(n), starts(((size.steps + segment - 1) / segment) * n);
  History history(segment, n);
  const auto run = n == 16 ? backwardGroup<16> : backwardGroup<0>;
  for (int64_t channel = range.firstChannel; channel < range.lastChannel; channel += kLanes) {
    const int lanes = static_cast<int>(std::min<int64_t>(kLanes, range.lastChannel - channel));
    Group({size, input, 0, channel, lanes}).loadDecays(decays.data());
    Adjoint adjoint(n);
    for (int64_t element = range.first; element < range.last; element++) {
      run({size, input, element, channel, lanes}, decays.data(), history, segment, starts, outGradient, gradients,
          adjoint);
    }
    addShared({size, input, 0, channel, lanes}, adjoint, gradients.shared);
  }
}

}  // namespace PRISMAP_ISA
}  // namespace prismap
