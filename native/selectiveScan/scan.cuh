// The selective scan on CUDA, forward and backward; mathematics and letters as in scan.h.
#pragma once
#include <cuda_runtime.h>

#include <cstdint>

#include "scan.h"

namespace prismap {
namespace cuda {

constexpr int64_t kMaxStates = 128;

// All gradients, on the device; null where the input is absent.
struct Gradients {
  float *u, *dtRaw, *a, *b, *c, *skip, *z, *dtBias;
};

// Bytes of device memory that `scanBackward` needs as workspace.
size_t workspaceBytes(const ScanSize& size);

// Pointers are device memory; returns after the launch. At most kMaxStates states.
cudaError_t scanForward(const ScanSize& size, const ScanInput& input, float* out, cudaStream_t stream);
cudaError_t scanBackward(const ScanSize& size, const ScanInput& input, const float* outGradient,
                         const Gradients& gradients, void* workspace, cudaStream_t stream);

}  // namespace cuda
}  // namespace prismap
