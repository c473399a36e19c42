// Compares the CUDA scan with the recurrence in double precision, output and every gradient, over shapes of all kinds:
//   nvcc -std=c++17 -O3 -o scanCuda scanCuda.cu scan.cu && ./scanCuda
// Prints one line a shape; exits with 1 where a result is off by more than 1e-5 of its largest value, 2 without a GPU.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "scan.cuh"

using prismap::ScanInput;
using prismap::ScanSize;
typedef std::vector<double> Values;

namespace {

struct Problem {
  ScanSize size;
  bool optional;
  Values u, dtRaw, a, b, c, skip, z, dtBias, upstream;
};

// Rounded to float, as the device sees it.
Values wave(int64_t count, double step, double scale = 1, double shift = 0) {
  Values x(count);
  for (int64_t i = 0; i < count; i++) x[i] = static_cast<float>(shift + scale * std::sin(step * i + 0.1));
  return x;
}

Problem makeProblem(const ScanSize& s, bool optional) {
  const int64_t wide = s.batch * s.steps * s.channels, narrow = s.batch * s.steps * s.states;
  return {s,
          optional,
          wave(wide, 0.7),
          wave(wide, 0.31, 1.5, -1),
          wave(s.channels * s.states, 0.9, 3, -4),
          wave(narrow, 0.53),
          wave(narrow, 0.41),
          wave(s.channels, 1.1, 0.1, 1),
          wave(wide, 0.23, 2),
          wave(s.channels, 1.3, 1, -1),
          wave(wide, 0.37)};
}

// Results in the order out, then gradients of u, dtRaw, A, B, C, D, z, dtBias.
typedef std::vector<Values> Results;

Results reference(const Problem& p) {
  const auto [batch, steps, channels, n] = p.size;
  Results r = {Values(p.u.size()), Values(p.u.size()), Values(p.u.size()),  Values(p.a.size()), Values(p.b.size()),
               Values(p.c.size()), Values(channels),   Values(p.z.size()), Values(channels)};
  Values h((steps + 1) * n), decay(steps * n), dt(steps), y(steps), g(n);
  for (int64_t e = 0; e < batch; e++) {
    for (int64_t d = 0; d < channels; d++) {
      const double skip = p.optional ? p.skip[d] : 0, bias = p.optional ? p.dtBias[d] : 0;
      std::fill(h.begin(), h.begin() + n, 0.0);
      for (int64_t t = 0; t < steps; t++) {
        const int64_t row = e * steps + t, at = row * channels + d;
        dt[t] = std::log1p(std::exp(p.dtRaw[at] + bias));
        y[t] = skip * p.u[at];
        for (int64_t i = 0; i < n; i++) {
          decay[t * n + i] = std::exp(dt[t] * p.a[d * n + i]);
          h[(t + 1) * n + i] = decay[t * n + i] * h[t * n + i] + dt[t] * p.u[at] * p.b[row * n + i];
          y[t] += h[(t + 1) * n + i] * p.c[row * n + i];
        }
        const double gate = p.optional ? p.z[at] / (1 + std::exp(-p.z[at])) : 1;
        r[0][at] = y[t] * gate;
      }
      std::fill(g.begin(), g.end(), 0.0);
      for (int64_t t = steps; t-- > 0;) {
        const int64_t row = e * steps + t, at = row * channels + d;
        double gy = p.upstream[at], gdt = 0, gu = 0;
        if (p.optional) {
          const double open = 1 / (1 + std::exp(-p.z[at]));
          r[7][at] = gy * y[t] * open * (1 + p.z[at] * (1 - open));
          gy *= p.z[at] * open;
        }
        for (int64_t i = 0; i < n; i++) {
          const double a = p.a[d * n + i], b = p.b[row * n + i];
          g[i] += gy * p.c[row * n + i];
          r[5][row * n + i] += gy * h[(t + 1) * n + i];
          r[4][row * n + i] += g[i] * dt[t] * p.u[at];
          const double kept = g[i] * decay[t * n + i] * h[t * n + i];
          r[3][d * n + i] += kept * dt[t];
          gdt += g[i] * b * p.u[at] + kept * a;
          gu += g[i] * b * dt[t];
          g[i] *= decay[t * n + i];
        }
        r[1][at] = skip * gy + gu;
        r[2][at] = gdt / (1 + std::exp(-(p.dtRaw[at] + bias)));
        r[6][d] += gy * p.u[at];
        r[8][d] += r[2][at];
      }
    }
  }
  return r;
}

float* onDevice(const Values& values) {
  std::vector<float> floats(values.begin(), values.end());
  float* memory = nullptr;
  cudaMalloc(&memory, floats.size() * sizeof(float));
  cudaMemcpy(memory, floats.data(), floats.size() * sizeof(float), cudaMemcpyHostToDevice);
  return memory;
}

Results onGpu(const Problem& p) {
  const bool o = p.optional;
  ScanInput input = {onDevice(p.u),    onDevice(p.dtRaw), onDevice(p.a), onDevice(p.b), onDevice(p.c), nullptr,
                     nullptr, nullptr};
  if (o) {
    input.skip = onDevice(p.skip);
    input.z = onDevice(p.z);
    input.dtBias = onDevice(p.dtBias);
  }
  const float* upstream = onDevice(p.upstream);
  const size_t sizes[] = {p.u.size(), p.u.size(),    p.u.size(), p.a.size(),     p.b.size(),
                          p.c.size(), p.skip.size(), p.z.size(), p.dtBias.size()};
  float* to[9];
  for (int i = 0; i < 9; i++) to[i] = i < 6 || o ? onDevice(Values(sizes[i])) : nullptr;
  void* workspace = nullptr;
  cudaMalloc(&workspace, prismap::cuda::workspaceBytes(p.size));
  prismap::cuda::scanForward(p.size, input, to[0], nullptr);
  prismap::cuda::scanBackward(p.size, input, upstream, {to[1], to[2], to[3], to[4], to[5], to[6], to[7], to[8]},
                              workspace, nullptr);
  const cudaError_t error = cudaDeviceSynchronize();
  if (error != cudaSuccess) std::printf("CUDA: %s\n", cudaGetErrorString(error));
  Results results(9);
  for (int i = 0; i < 9; i++) {
    if (to[i] == nullptr) continue;
    std::vector<float> floats(sizes[i]);
    cudaMemcpy(floats.data(), to[i], floats.size() * sizeof(float), cudaMemcpyDeviceToHost);
    results[i].assign(floats.begin(), floats.end());
    cudaFree(to[i]);
  }
  cudaFree(workspace);
  for (const float* x : {input.u, input.dtRaw, input.a, input.b, input.c, input.skip, input.z, input.dtBias, upstream}) {
    cudaFree(const_cast<float*>(x));
  }
  return results;
}

double difference(const Values& found, const Values& expected) {
  double largest = 1e-30, gap = 0;
  for (size_t i = 0; i < expected.size(); i++) {
    largest = std::max(largest, std::abs(expected[i]));
    const double here = std::abs(found[i] - expected[i]);
    gap = std::isfinite(here) ? std::max(gap, here) : 1e30;
  }
  return gap / largest;
}

}  // namespace

int main() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::printf("no CUDA device\n");
    return 2;
  }
  const ScanSize sizes[] = {{1, 1, 1, 1},   {2, 2, 3, 3},     {3, 7, 5, 4},    {2, 37, 64, 16}, {5, 63, 9, 17},
                            {1, 64, 33, 8}, {2, 100, 10, 31}, {1, 144, 7, 32}, {2, 199, 5, 33}, {1, 224, 6, 64},
                            {1, 250, 3, 5}, {2, 20, 3, 128},  {64, 37, 64, 16}};
  const char* names[] = {"out", "u", "dtRaw", "A", "B", "C", "D", "z", "dtBias"};
  bool good = true;
  for (const ScanSize& size : sizes) {
    for (const bool optional : {true, false}) {
      const Problem problem = makeProblem(size, optional);
      const Results expected = reference(problem), found = onGpu(problem);
      double worst = 0;
      const char* where = "";
      for (int i = 0; i < 9; i++) {
        if (found[i].empty()) continue;
        const double gap = difference(found[i], expected[i]);
        if (gap >= worst) {
          worst = gap;
          where = names[i];
        }
      }
      good = good && worst < 1e-5;
      std::printf("%s b %d l %d d %d n %d%s: %.1e (%s)\n", worst < 1e-5 ? "ok" : "OFF", int(size.batch),
                  int(size.steps), int(size.channels), int(size.states), optional ? "" : ", no optional inputs", worst,
                  where);
    }
  }
  return good ? 0 : 1;
}
