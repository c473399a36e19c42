// One block works on one batch element and a group of channels. The lanes of a warp hold the states of a channel (or of
// several, where there are few states; several states each, where there are more than 32), so that y is a sum over lanes
// by shuffles, and u, dt and y of neighbouring channels are read together. Time goes by one step after the other: with
// batch · channels · states threads the device is full without a scan tree.
//
// Backward first runs forward, keeping the states at every kSegment-th step in device memory, then walks back segment by
// segment, recomputing the states in registers. What must be added over channels, batch or blocks is written apart and
// summed by second kernels in a fixed order: no atomics, the same bytes every time.
#include "scan.cuh"

namespace prismap {
namespace cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kSegment = 8;
constexpr float kLog2E = 1.44269504088896f;
constexpr float kLn2 = 0.693147180559945f;

// How a shape is laid on threads: `lanes` (a power of two up to 32) a channel, `perLane` states a lane.
struct Layout {
  int lanes, perLane, channels;  // channels of a block

  explicit Layout(int64_t states) {
    lanes = 1;
    while (lanes < states && lanes < 32) lanes *= 2;
    perLane = static_cast<int>((states + lanes - 1) / lanes);
    channels = kThreads / lanes;
  }
  int64_t groups(int64_t all) const { return (all + channels - 1) / channels; }
};

__device__ float softplus(float x, float* slope) {
  const float e = expf(-fabsf(x));
  *slope = (x < 0 ? e : 1.0f) / (1.0f + e);
  return fmaxf(x, 0.0f) + log1pf(e);
}

__device__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

// The sum over the `lanes` threads of a channel; every one of them receives it.
__device__ float sumOverLanes(float x, int lanes) {
  for (int distance = lanes / 2; distance > 0; distance /= 2) x += __shfl_xor_sync(0xffffffffu, x, distance);
  return x;
}

// The place of a thread. A thread beyond the last channel computes with zeros and writes nothing, because its
// neighbours in the warp need it for the shuffles.
template <int kPerLane>
struct Place {
  ScanSize size;
  ScanInput input;
  int64_t element, channel;
  int lanes, lane;
  bool active;
  float decay[kPerLane], skip, bias;

  __device__ Place(const ScanSize& scanSize, const ScanInput& scanInput, int laneCount)
      : size(scanSize), input(scanInput), lanes(laneCount) {
    lane = threadIdx.x % lanes;
    element = blockIdx.y;
    channel = static_cast<int64_t>(blockIdx.x) * (kThreads / lanes) + threadIdx.x / lanes;
    active = channel < size.channels;
    skip = active && input.skip != nullptr ? input.skip[channel] : 0.0f;
    bias = active && input.dtBias != nullptr ? input.dtBias[channel] : 0.0f;
    for (int k = 0; k < kPerLane; k++) {
      decay[k] = active && has(k) ? input.a[channel * size.states + state(k)] * kLog2E : 0.0f;
    }
  }
  __device__ int64_t state(int k) const { return lane + static_cast<int64_t>(k) * lanes; }
  __device__ bool has(int k) const { return state(k) < size.states; }
  __device__ int64_t row(int64_t t) const { return element * size.steps + t; }
  __device__ int64_t at(int64_t t) const { return row(t) * size.channels + channel; }
  __device__ float read(const float* values, int64_t t) const { return active ? values[at(t)] : 0.0f; }
  __device__ float shared(const float* values, int64_t t, int k) const {
    return has(k) ? values[row(t) * size.states + state(k)] : 0.0f;
  }
};

template <int kPerLane>
__global__ void forwardKernel(ScanSize size, ScanInput input, int lanes, float* out) {
  const Place<kPerLane> place(size, input, lanes);
  float h[kPerLane] = {};
  for (int64_t t = 0; t < size.steps; t++) {
    float slope;
    const float dt = softplus(place.read(input.dtRaw, t) + place.bias, &slope);
    const float u = place.read(input.u, t);
    float y = 0;
    for (int k = 0; k < kPerLane; k++) {
      h[k] = exp2f(dt * place.decay[k]) * h[k] + dt * u * place.shared(input.b, t, k);
      y += h[k] * place.shared(input.c, t, k);
    }
    y = sumOverLanes(y, lanes) + place.skip * u;
    if (input.z != nullptr) {
      const float z = place.read(input.z, t);
      y *= z * sigmoid(z);
    }
    if (place.active && place.lane == 0) out[place.at(t)] = y;
  }
}

// The workspace of backward, all float: states at segment starts (b, segments, d, n); gradients of B and C by group of
// channels (groups, b, l, n); gradient of A by batch element (b, d, n); of D and dtBias likewise (b, d).
struct Workspace {
  float *starts, *b, *c, *a, *skip, *bias;
  int64_t segments, floats;

  Workspace(const ScanSize& size, float* memory) {
    segments = (size.steps + kSegment - 1) / kSegment;
    const int64_t groups = Layout(size.states).groups(size.channels);
    const int64_t narrow = groups * size.batch * size.steps * size.states;
    const int64_t wide = size.batch * size.channels;
    floats = 0;
    const auto take = [&](int64_t count) {
      float* place = memory == nullptr ? nullptr : memory + floats;
      floats += count;
      return place;
    };
    starts = take(segments * wide * size.states);
    b = take(narrow);
    c = take(narrow);
    a = take(wide * size.states);
    skip = take(wide);
    bias = take(wide);
  }
};

// Everything of one segment that backward recomputes.
template <int kPerLane>
struct Segment {
  float before[kSegment][kPerLane], after[kSegment][kPerLane], decay[kSegment][kPerLane];
  float dt[kSegment], slope[kSegment], u[kSegment], y[kSegment];
};

template <int kPerLane>
__device__ void record(const Place<kPerLane>& place, int64_t first, float* h, Segment<kPerLane>& segment) {
#pragma unroll
  for (int i = 0; i < kSegment; i++) {
    const int64_t t = first + i;
    if (t >= place.size.steps) break;
    const float dt = softplus(place.read(place.input.dtRaw, t) + place.bias, &segment.slope[i]);
    const float u = place.read(place.input.u, t);
    float y = 0;
    for (int k = 0; k < kPerLane; k++) {
      const float decay = exp2f(dt * place.decay[k]);
      segment.before[i][k] = h[k];
      segment.decay[i][k] = decay;
      h[k] = decay * h[k] + dt * u * place.shared(place.input.b, t, k);
      segment.after[i][k] = h[k];
      y += h[k] * place.shared(place.input.c, t, k);
    }
    segment.dt[i] = dt;
    segment.u[i] = u;
    segment.y[i] = sumOverLanes(y, place.lanes) + place.skip * u;
  }
}

template <int kPerLane>
__global__ void backwardKernel(ScanSize size, ScanInput input, int lanes, const float* outGradient, Gradients to,
                               Workspace work) {
  extern __shared__ float terms[];  // (2, kSegment, channels of a block, states): terms of the gradients of B and C
  const Place<kPerLane> place(size, input, lanes);
  const int channels = kThreads / lanes, channel = threadIdx.x / lanes;
  const int64_t n = size.states, plane = kSegment * channels * n;
  const int64_t startsOf = place.element * work.segments;
  float h[kPerLane] = {}, adjoint[kPerLane] = {}, toA[kPerLane] = {}, toSkip = 0, toBias = 0;
  Segment<kPerLane> segment;
  const auto start = [&](int64_t s, int k) -> float& {
    return work.starts[((startsOf + s) * size.channels + place.channel) * n + place.state(k)];
  };
  for (int64_t s = 0; s < work.segments; s++) {
    for (int k = 0; k < kPerLane; k++) {
      if (place.active && place.has(k)) start(s, k) = h[k];
    }
    if (s + 1 < work.segments) record(place, s * kSegment, h, segment);
  }
  for (int64_t s = work.segments - 1; s >= 0; s--) {
    const int64_t first = s * kSegment;
    for (int k = 0; k < kPerLane; k++) h[k] = place.active && place.has(k) ? start(s, k) : 0.0f;
    record(place, first, h, segment);
#pragma unroll
    for (int i = kSegment - 1; i >= 0; i--) {
      const int64_t t = first + i;
      if (t >= size.steps) continue;
      float gy = place.read(outGradient, t);
      if (input.z != nullptr) {
        const float z = place.read(input.z, t), open = sigmoid(z);
        if (place.active && place.lane == 0) to.z[place.at(t)] = gy * segment.y[i] * open * (1 + z * (1 - open));
        gy *= z * open;
      }
      const float dt = segment.dt[i], u = segment.u[i];
      float viaB = 0, viaA = 0;
      for (int k = 0; k < kPerLane; k++) {
        const float g = gy * place.shared(input.c, t, k) + adjoint[k];
        if (place.has(k)) {
          float* term = terms + (i * channels + channel) * n + place.state(k);
          term[0] = place.active ? g * dt * u : 0.0f;
          term[plane] = place.active ? gy * segment.after[i][k] : 0.0f;
        }
        adjoint[k] = g * segment.decay[i][k];
        const float kept = adjoint[k] * segment.before[i][k];
        toA[k] += kept * dt;
        viaB += g * place.shared(input.b, t, k);
        viaA += kept * place.decay[k];
      }
      viaB = sumOverLanes(viaB, lanes);
      viaA = sumOverLanes(viaA, lanes);
      const float gdt = (u * viaB + viaA * kLn2) * segment.slope[i];
      if (place.active && place.lane == 0) {
        to.dtRaw[place.at(t)] = gdt;
        to.u[place.at(t)] = place.skip * gy + dt * viaB;
      }
      toSkip += gy * u;
      toBias += gdt;
    }
    __syncthreads();
    for (int64_t entry = threadIdx.x; entry < kSegment * n; entry += kThreads) {
      const int64_t i = entry / n, state = entry % n, t = first + i;
      if (t >= size.steps) continue;
      float b = 0, c = 0;
      for (int other = 0; other < channels; other++) {
        const float* term = terms + (i * channels + other) * n + state;
        b += term[0];
        c += term[plane];
      }
      const int64_t place2 = ((blockIdx.x * size.batch + place.element) * size.steps + t) * n + state;
      work.b[place2] = b;
      work.c[place2] = c;
    }
    __syncthreads();
  }
  if (!place.active) return;
  const int64_t row = place.element * size.channels + place.channel;
  for (int k = 0; k < kPerLane; k++) {
    if (place.has(k)) work.a[row * n + place.state(k)] = toA[k];
  }
  if (place.lane == 0) {
    work.skip[row] = toSkip;
    work.bias[row] = toBias;
  }
}

// total[i] = sum over rows of values[row, i], in the order of the rows.
__global__ void addRowsKernel(const float* values, int64_t rows, int64_t width, float* total) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= width) return;
  float sum = 0;
  for (int64_t row = 0; row < rows; row++) sum += values[row * width + i];
  total[i] = sum;
}

void addRows(const float* values, int64_t rows, int64_t width, float* total, cudaStream_t stream) {
  if (total == nullptr || width == 0) return;
  const unsigned blocks = static_cast<unsigned>((width + kThreads - 1) / kThreads);
  addRowsKernel<<<blocks, kThreads, 0, stream>>>(values, rows, width, total);
}

dim3 gridOf(const ScanSize& size, const Layout& layout) {
  return dim3(static_cast<unsigned>(layout.groups(size.channels)), static_cast<unsigned>(size.batch));
}

bool fits(const ScanSize& size) {
  return size.states >= 1 && size.states <= kMaxStates && size.batch >= 1 && size.batch <= 65535 && size.steps >= 1 &&
         size.channels >= 1;
}

}  // namespace

size_t workspaceBytes(const ScanSize& size) { return Workspace(size, nullptr).floats * sizeof(float); }

cudaError_t scanForward(const ScanSize& size, const ScanInput& input, float* out, cudaStream_t stream) {
  if (!fits(size)) return cudaErrorInvalidValue;
  const Layout layout(size.states);
  const dim3 grid = gridOf(size, layout);
  switch (layout.perLane) {
    case 1: forwardKernel<1><<<grid, kThreads, 0, stream>>>(size, input, layout.lanes, out); break;
    case 2: forwardKernel<2><<<grid, kThreads, 0, stream>>>(size, input, layout.lanes, out); break;
    default: forwardKernel<4><<<grid, kThreads, 0, stream>>>(size, input, layout.lanes, out);
  }
  return cudaGetLastError();
}

cudaError_t scanBackward(const ScanSize& size, const ScanInput& input, const float* outGradient,
                         const Gradients& gradients, void* workspace, cudaStream_t stream) {
  if (!fits(size)) return cudaErrorInvalidValue;
  const Layout layout(size.states);
  const Workspace work(size, static_cast<float*>(workspace));
  const dim3 grid = gridOf(size, layout);
  const size_t bytes = 2 * kSegment * layout.channels * size.states * sizeof(float);
  switch (layout.perLane) {
    case 1:
      backwardKernel<1><<<grid, kThreads, bytes, stream>>>(size, input, layout.lanes, outGradient, gradients, work);
      break;
    case 2:
      backwardKernel<2><<<grid, kThreads, bytes, stream>>>(size, input, layout.lanes, outGradient, gradients, work);
      break;
    default:
      backwardKernel<4><<<grid, kThreads, bytes, stream>>>(size, input, layout.lanes, outGradient, gradients, work);
  }
  const int64_t narrow = size.batch * size.steps * size.states;
  addRows(work.b, layout.groups(size.channels), narrow, gradients.b, stream);
  addRows(work.c, layout.groups(size.channels), narrow, gradients.c, stream);
  addRows(work.a, size.batch, size.channels * size.states, gradients.a, stream);
  addRows(work.skip, size.batch, size.channels, gradients.skip, stream);
  addRows(work.bias, size.batch, size.channels, gradients.dtBias, stream);
  return cudaGetLastError();
}

}  // namespace cuda
}  // namespace prismap
