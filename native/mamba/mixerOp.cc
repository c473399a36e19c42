// TensorFlow operation PrismapMambaMixer: a whole Mamba block without norm and residual (Gu and Dao 2023, figure 3), forward only, for
// inference. The kernels are those of the layers and of the scan; here they run over a few sequences at a time, so that what lies between
// them stays in the second-level cache, and threads meet once a block instead of once a layer.
#include <cmath>
#include <vector>

#include "../layers/layers.h"
#include "../selectiveScan/scan.h"
#include "../simd/parallel.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace tf = tensorflow;

namespace prismap {
namespace {

// Steps of all sequences that are worked on together: 64 inner channels take 48 KB an array.
constexpr int64_t kSteps = 192;

// Letters as in app/model/spectralMamba.ts.
struct Mixer {
  int64_t batch, steps, width, inner, states, rank, taps;

  int64_t parts() const { return rank + 2 * states; }
};

// Weights as the kernels want them: those of linear layers transposed (in, out), those into u and into z apart.
struct Prepared {
  std::vector<float> intoU, intoZ, parts, timeStep, out, a;
};

// Rows [first, first + out) of a weight (…, in), transposed.
std::vector<float> transposed(const float* weight, int64_t first, int64_t out, int64_t in) {
  std::vector<float> result(in * out);
  for (int64_t o = 0; o < out; o++) {
    for (int64_t i = 0; i < in; i++) result[i * out + o] = weight[(first + o) * in + i];
  }
  return result;
}

enum Input { kV, kIn, kKernel, kKernelBias, kParts, kTimeStep, kTimeBias, kLogA, kSkip, kOut, kInputs };

struct Operands {
  const float* of[kInputs];
};

Prepared prepare(const Mixer& mixer, const Operands& operands) {
  const auto& of = operands.of;
  std::vector<float> a(mixer.inner * mixer.states);
  for (size_t i = 0; i < a.size(); i++) a[i] = -std::exp(of[kLogA][i]);
  return {transposed(of[kIn], 0, mixer.inner, mixer.width),
          transposed(of[kIn], mixer.inner, mixer.inner, mixer.width),
          transposed(of[kParts], 0, mixer.parts(), mixer.inner),
          transposed(of[kTimeStep], 0, mixer.inner, mixer.rank),
          transposed(of[kOut], 0, mixer.width, mixer.inner),
          std::move(a)};
}

// What a thread works on; kept between calls, since fresh memory would cost as much as a layer.
struct Work {
  std::vector<float> convolved, u, z, parts, step, b, c;

  void resize(const Mixer& mixer, int64_t rows) {
    for (auto* wide : {&convolved, &u, &z}) wide->resize(rows * mixer.inner);
    parts.resize(rows * mixer.parts());
    step.resize(rows * mixer.rank);
    b.resize(rows * mixer.states);
    c.resize(rows * mixer.states);
  }
};

// Sequences [first, last) from v to out.
void mix(const Mixer& mixer, const Operands& operands, const Prepared& prepared, int64_t first, int64_t last, float* out) {
  thread_local Work work;
  const auto& of = operands.of;
  const int64_t count = last - first, rows = count * mixer.steps, inner = mixer.inner;
  work.resize(mixer, rows);
  const float* v = of[kV] + first * mixer.steps * mixer.width;
  float *u = work.u.data(), *convolved = work.convolved.data(), *z = work.z.data();
  linearForward({0, rows, mixer.width, inner}, v, prepared.intoU.data(), nullptr, u);
  linearForward({0, rows, mixer.width, inner}, v, prepared.intoZ.data(), nullptr, z);
  causalForward({0, count, mixer.steps, inner}, mixer.taps, u, of[kKernel], of[kKernelBias], convolved);
  siluForward(0, rows * inner, convolved, u);
  linearForward({0, rows, inner, mixer.parts()}, u, prepared.parts.data(), nullptr, work.parts.data());
  for (int64_t row = 0; row < rows; row++) {
    const float* part = work.parts.data() + row * mixer.parts();
    std::copy_n(part, mixer.rank, &work.step[row * mixer.rank]);
    std::copy_n(part + mixer.rank, mixer.states, &work.b[row * mixer.states]);
    std::copy_n(part + mixer.rank + mixer.states, mixer.states, &work.c[row * mixer.states]);
  }
  float* dtRaw = convolved;
  linearForward({0, rows, mixer.rank, inner}, work.step.data(), prepared.timeStep.data(), nullptr, dtRaw);
  const ScanInput scan = {u, dtRaw, prepared.a.data(), work.b.data(), work.c.data(), of[kSkip], z, of[kTimeBias]};
  // The scan reads a row's z just before it writes that row.
  scanForward({count, mixer.steps, inner, mixer.states}, scan, {0, count, 0, inner}, z, nullptr);
  linearForward({0, rows, inner, mixer.width}, z, prepared.out.data(), nullptr, out + first * mixer.steps * mixer.width);
}

// Inputs v (b, l, d), in_proj (2 di, d), kernel (k, di), its bias (di), x_proj (r + 2 n, di), dt_proj (di, r), its bias (di), A_log (di, n),
// D (di), out_proj (d, di).
absl::Status read(tf::OpKernelContext* context, Mixer* mixer, Operands* operands) {
  const auto size = [&](int input, int dimension) { return context->input(input).dim_size(dimension); };
  const int dimensions[] = {3, 2, 2, 1, 2, 2, 1, 2, 1, 2};
  for (int i = 0; i < kInputs; i++) {
    if (context->input(i).dims() == dimensions[i]) continue;
    return absl::InvalidArgumentError(absl::StrCat("Mamba mixer: input ", i, " must have ", dimensions[i], " dimensions"));
  }
  *mixer = {size(kV, 0), size(kV, 1), size(kV, 2), size(kLogA, 0), size(kLogA, 1), size(kTimeStep, 1), size(kKernel, 0)};
  const int64_t inner = mixer->inner, width = mixer->width;
  const int64_t expected[] = {mixer->batch * mixer->steps * width, 2 * inner * width, mixer->taps * inner, inner,
                              mixer->parts() * inner,              inner * mixer->rank, inner, inner * mixer->states,
                              inner,                               width * inner};
  for (int i = 0; i < kInputs; i++) {
    const int64_t found = context->input(i).NumElements();
    if (found != expected[i]) {
      return absl::InvalidArgumentError(
          absl::StrCat("Mamba mixer: input ", i, " has ", found, " elements; ", expected[i], " are needed"));
    }
    operands->of[i] = context->input(i).flat<float>().data();
  }
  return absl::OkStatus();
}

class MixerOp : public tf::OpKernel {
 public:
  explicit MixerOp(tf::OpKernelConstruction* construction) : OpKernel(construction) {}

  void Compute(tf::OpKernelContext* context) override {
    Mixer mixer = {};
    Operands operands = {};
    OP_REQUIRES_OK(context, read(context, &mixer, &operands));
    tf::Tensor* result = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(0, context->input(0).shape(), &result));
    if (result->NumElements() == 0) return;
    const Prepared prepared = prepare(mixer, operands);
    const int64_t together = std::max<int64_t>(1, kSteps / mixer.steps);
    const int64_t blocks = (mixer.batch + together - 1) / together;
    const int64_t cost = together * mixer.steps * mixer.inner * (mixer.width / 4 + mixer.states);
    float* out = result->flat<float>().data();
    parallel(context, blocks, cost, [&](int64_t first, int64_t last) {
      for (int64_t block = first; block < last; block++) {
        mix(mixer, operands, prepared, block * together, std::min(mixer.batch, (block + 1) * together), out);
      }
    });
  }
};

REGISTER_OP("PrismapMambaMixer")
    .Input("v: float")
    .Input("in_proj: float")
    .Input("kernel: float")
    .Input("kernel_bias: float")
    .Input("x_proj: float")
    .Input("dt_proj: float")
    .Input("dt_bias: float")
    .Input("a_log: float")
    .Input("skip: float")
    .Input("out_proj: float")
    .Output("mixed: float")
    .SetShapeFn([](tf::shape_inference::InferenceContext* context) {
      context->set_output(0, context->input(0));
      return absl::OkStatus();
    });

REGISTER_KERNEL_BUILDER(Name("PrismapMambaMixer").Device(tf::DEVICE_CPU), MixerOp);

}  // namespace
}  // namespace prismap
